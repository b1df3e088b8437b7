#!/usr/bin/env bash
# Counts the lines that were written by hand for each resource of agreements that came after
# decision 18, as its table has them. Run it from the root: docs/adr/0018-cost.sh
set -euo pipefail

proto=proto/registan/agreements/v1
domain=services/agreements/src/domain

# Lines of a message, without empty ones and without the system fields; `comments` counts those.
message() {
  awk -v name="$2" -v what="$3" '
    $0 ~ "^message " name " " { inside = 1 }
    /The system fields, written by/ { system_fields = 1 }
    inside && !system_fields && NF && (what == "all" || /^ *\/\//) { lines++ }
    /End of the system fields/ { system_fields = 0 }
    /^}/ { inside = 0 }
    END { print lines + 0 }' "$proto/$1.proto"
}

# Lines of Rust, without empty ones, comments and tests.
rust() {
  [ -e "$1" ] || { echo 0; return; }
  awk '/^#\[cfg\(test\)\]/ { exit } NF && !/^ *\/\// { lines++ } END { print lines + 0 }' "$1"
}

# Of several files, each of which must exist.
all() {
  local sum=0
  for file in "$@"; do
    [ -e "$file" ] || { echo "no such file: $file" >&2; exit 1; }
    sum=$((sum + $(rust "$file")))
  done
  echo "$sum"
}

# The resource, its message, its parts, what is computed of it, and the files of its logic.
row() {
  local file=$1 name=$2 parts=$3 computed=$4; shift 4
  local of_parts=0 of_computed=0 logic
  logic=$(all "$@")
  for part in $parts; do of_parts=$((of_parts + $(message "$file" "$part" all))); done
  for one in $computed; do
    for where in "$file" "${file}_service" agreement_service; do
      of_computed=$((of_computed + $(message "$where" "$one" all)))
    done
  done
  printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "$name" \
    "$(message "$file" "$name" all)" "$(message "$file" "$name" comments)" "$of_parts" \
    "$(rust "$domain/$file.rs")" "$(grep -cE "[:<]$name[>,]" services/agreements/src/resources.rs)" \
    "$of_computed" "$logic"
}

echo '| resource | contract | of it comments | its parts | rule | registration | computed messages | logic |'
echo '|---|---|---|---|---|---|---|---|'
row body Body '' ''
row meeting Meeting 'MeetingParticipant MeetingOutcome' ''
row membership Membership '' 'ListMembersRequest Members UndeterminedMember' \
  services/agreements/src/{ops/list_members.rs,grpc/memberships.rs,store/memberships.rs}
row provision Provision Procedure '' \
  $domain/{provision_status,provision_status/place,citation,liftings,liftings/named,parts,suspended}.rs \
  services/agreements/src/store/{provisions,move_provisions}.rs
row codebook Codebook CodeDefinition ''
row ratification Ratification 'RatificationStatement TerritorialScope' \
  'WhoIsMissingRequest RatificationLedger LedgerEntry' \
  $domain/{ledger,ledger/acts,ledger/counts,ledger/event,ledger/evidence,ledger/span,ledger/standing}.rs \
  services/agreements/src/{ops/who_is_missing.rs,grpc/ratifications.rs,store/ratifications.rs}
row act Act ActRelation 'GetLineageRequest Lineage LineageNode LineageEdge' \
  $domain/{lineage,relation}.rs services/agreements/src/{ops/get_lineage.rs,grpc/lineage.rs}
row obligation Obligation Fulfilment \
  'ObligationStatus GetObligationStatusRequest ListOverdueRequest ListOverdueResponse OverdueObligation ListDueRequest DueItem GetDueCalendarRequest DueCalendar' \
  $domain/{binding,binding/lasting,due,duty_status}.rs \
  services/agreements/src/{ops/duties.rs,ops/list_due.rs,ops/list_overdue.rs,ops/calendar.rs,grpc/obligations.rs,store/obligations.rs}
row commitment Commitment CommitmentEvidence ''
row crosswalk Crosswalk CodeMapping ''
