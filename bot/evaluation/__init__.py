"""How well a model understands what it was never trained on: used by the benchmarks, the tests and the staff console.

    held_out    the lines that are held out, and what came back for one
    figures     counts them; stats: shares with their uncertainty
    quality     one model's outcomes, and what the next model is compared with
    compare     what got worse than is let pass
    kept        what a model answered before, so that nothing is asked twice
    leaks       held-out lines that the training data gives away
    asking      asks the real engine: the one module here that imports Rasa

`python -m bot.evaluation MODEL OUT.json --project DIR` asks in a process of its own.
"""
