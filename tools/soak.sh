#!/usr/bin/env bash
# The long attack, by hand, in three parts: bad connections, a mixed load while
# processes are killed, fuzzing of the lexer and of every decoder. It prints the
# report that docs/soak.md keeps. A part that fails does not end the others.
set -uo pipefail

parts="${TAVANA_SOAK_PARTS:-connections kills fuzz}"
connections="${TAVANA_SOAK_CONNECTIONS:-100000}"
time="${TAVANA_SOAK_TIME:-3600s}"
fuzz="${TAVANA_SOAK_FUZZ:-3600s}"
log="${TAVANA_SOAK_LOG:-bin/soak-$(date -u +%Y%m%d-%H%M%S)-$$.log}"
failed=()

for part in $parts; do
	case "$part" in
	connections | kills | fuzz) ;;
	*)
		echo "TAVANA_SOAK_PARTS: no part $part; there are connections, kills and fuzz" >&2
		exit 2
		;;
	esac
done

say() { echo "REPORT $*" | tee -a "$log"; }

# attack runs one test of the suite.
attack() {
	TAVANA_SOAK_CONNECTIONS="$connections" TAVANA_SOAK_TIME="$time" \
		go test -tags soak -run "^$1\$" -count 1 -timeout 0 -v ./test/attack 2>&1 | tee -a "$log"
}

# fuzzing runs every fuzz test; they share the time alike. `go test` takes whole
# seconds.
fuzzing() {
	local tests seconds each file name package out status=0
	mapfile -t tests < <(grep -rE '^func Fuzz[A-Z]' --include='*_test.go' internal cmd | sed -E 's/^([^:]*):func (Fuzz[A-Za-z0-9_]+).*/\1 \2/' | sort)
	case "$fuzz" in
	*h) seconds=$((${fuzz%h} * 3600)) ;;
	*m) seconds=$((${fuzz%m} * 60)) ;;
	*) seconds=${fuzz%s} ;;
	esac
	each=$(((seconds + ${#tests[@]} - 1) / ${#tests[@]}))
	for entry in "${tests[@]}"; do
		read -r file name <<<"$entry"
		package="./$(dirname "$file")"
		# The end of the time is now and then taken for a hang.
		if ! out="$(go test -run '^$' -fuzz "^$name\$" -fuzztime "$((each > 0 ? each : 1))s" "$package" </dev/null 2>&1)" &&
			! grep -q 'context deadline exceeded' <<<"$out"; then
			echo "$out" | tee -a "$log"
			say "fuzz $package $name FAILED"
			status=1
			continue
		fi
		say "fuzz $package $name, $each s: $(grep -oE 'execs: [0-9]+' <<<"$out" | tail -1 | tr -d '\n')"
	done
	return "$status"
}

mkdir -p "$(dirname "$log")"
say "$(date -u +%F), $(nproc) processors, $(go version | cut -d' ' -f3,4), commit $(git rev-parse --short HEAD)"
say "asked for: $parts; $connections connections, $time of load with kills, $fuzz of fuzzing"
for part in $parts; do
	case "$part" in
	connections) attack TestSoakConnections ;;
	kills) attack TestSoakKills ;;
	fuzz) fuzzing ;;
	esac || {
		say "part $part FAILED"
		failed+=("$part")
	}
done
say "ended $(date -u +'%F %H:%M'), parts that failed: ${failed[*]:-none}"
echo
echo "The whole output is in $log."
sed -nE 's/.*REPORT /- /p' "$log"
[ ${#failed[@]} -eq 0 ]
