#!/bin/sh
# Makes what compose.yaml hands to the containers as secrets, in deploy/secrets (or the folder named): each is a file, and
# none is made twice. Only the owner can enter the folder; the files in it can be read by whatever they are mounted into,
# because a container's user is not the one who calls this.
#
#   sh deploy/make-secrets.sh [FOLDER]
#   sh deploy/make-secrets.sh --cluster [FOLDER]   for the chart: deploy/secrets/cluster/bot and …/console
set -eu
umask 077
here=$(dirname "$0")
cluster=
if [ "${1:-}" = --cluster ]; then cluster=yes; shift; fi
folder=${1:-$here/secrets${cluster:+/cluster}}

random() { od -An -vtx1 -N "$1" /dev/urandom | tr -d ' \n'; }
keep() {  # name, value: unless it is there
    [ -e "$folder/$1" ] || printf '%s' "$2" > "$folder/$1"
    chmod 444 "$folder/$1"
}

if [ -n "$cluster" ]; then
    # A key of a Secret is named like its setting, and so is its file. What is not used has no file.
    mkdir -p "$folder/bot" "$folder/console"
    chmod 700 "$folder" "$folder/bot" "$folder/console"
    keep bot/IMH_SECRET "$(random 32)"
    keep bot/IMH_PSEUDONYM_KEY "$(random 32)"
    keep bot/IMH_CONSOLE_TOKEN "$(random 32)"
    keep bot/IMH_KANNEL_TOKEN "$(random 16)"
    for name in IMH_DB_URL IMH_REDIS_URL; do
        # Empty would mean a file in each pod, gone with it.
        if [ ! -s "$folder/bot/$name" ]; then
            echo "Write the store's address, password included, into $folder/bot/$name; then call this again." >&2
            missing=yes
        fi
    done
    [ -z "${missing:-}" ] || exit 1
    for name in IMH_SECRET IMH_PSEUDONYM_KEY IMH_CONSOLE_TOKEN IMH_DB_URL IMH_REDIS_URL; do
        cp -f "$folder/bot/$name" "$folder/console/$name"
    done
    echo "Secrets are in $folder. Back up IMH_SECRET and IMH_PSEUDONYM_KEY apart from the database."
    exit
fi

mkdir -p "$folder"
chmod 700 "$folder"
keep imh_secret "$(random 32)"
keep imh_pseudonym_key "$(random 32)"
keep imh_console_token "$(random 32)"
keep imh_kannel_token "$(random 16)"
keep postgres_password "$(random 24)"
keep redis_password "$(random 24)"
keep imh_db_url "postgresql://imh:$(cat "$folder/postgres_password")@postgres/imh"
keep imh_redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
keep redis_conf "requirepass $(cat "$folder/redis_password")"
# Handed out by others: empty means that Twilio, a sign-in provider, or mail for alerts is not used.
keep imh_twilio_auth_token ""
keep imh_oidc_client_secret ""
keep imh_alert_smtp ""
# Printed by the bot (docs/operations.md); empty until Kannel is used.
keep kannel_conf ""
echo "Secrets are in $folder. Back up imh_secret and imh_pseudonym_key apart from the database."
