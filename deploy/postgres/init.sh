#!/bin/sh
# Runs once, when the cluster is made: a role and a database a service, closed to the others.
# The password is the one in the address that the service gets as its secret.
set -eu

for service in agreements projects rights_reporting; do
    url=$(cat "/run/secrets/$service")
    password=${url#*://*:}
    SERVICE=$service PASSWORD=${password%%@*} psql \
        --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv service SERVICE
\getenv password PASSWORD
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
