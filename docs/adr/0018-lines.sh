#!/usr/bin/env bash
# Counts the lines of Rust, without empty ones, comments and tests, and those of the contract, without
# empty ones and comments, at each revision. Run it from the root: docs/adr/0018-lines.sh e8b1e71 445793a
set -euo pipefail

# The lines of the files of a revision that a pattern names.
lines() {
  local revision=$1 pattern=$2
  git ls-tree -r --name-only "$revision" | grep -E "$pattern" | grep -vE '(^|/)tests(/|\.rs$)' |
    while read -r file; do
      git show "$revision:$file" |
        awk '/^#\[cfg\(test\)\]/ { exit } NF && !/^ *\/\// { lines++ } END { print lines + 0 }'
    done | awk '{ sum += $1 } END { print sum + 0 }'
}

echo '| revision | three services | gateway | crates | contract |'
echo '|---|---|---|---|---|'
for revision in "$@"; do
  printf '| %s | %s | %s | %s | %s |\n' "$revision" \
    "$(lines "$revision" '^services/(agreements|projects|rights-reporting)/.*\.rs$')" \
    "$(lines "$revision" '^services/gateway/.*\.rs$')" \
    "$(lines "$revision" '^crates/(api|chassis|chronicle|facts|formats|iati|ingest|instruments|machine|policy|reference|registan|serving|standard|words)/.*\.rs$')" \
    "$(lines "$revision" '^proto/registan/.*\.proto$')"
done
