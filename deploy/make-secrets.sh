#!/bin/sh
# Makes what compose.yaml hands to the containers as secrets, in deploy/secrets (or the folder named): each is a file, and
# none is made twice. Only the owner can enter the folder; the files in it can be read by whatever they are mounted into,
# because a container's user is not the one who calls this.
set -eu
umask 077
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"

random() { od -An -vtx1 -N "$1" /dev/urandom | tr -d ' \n'; }
keep() {  # name, value: unless it is there
    [ -e "$folder/$1" ] || printf '%s' "$2" > "$folder/$1"
    chmod 444 "$folder/$1"
}

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
