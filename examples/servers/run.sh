#!/usr/bin/env bash
# Several vLLM servers on this machine, and a run against all of them.
#
#     MODEL=Qwen/Qwen3-8B SERVERS=4 bash run.sh
#     MODEL=./models/mine bash run.sh --set plan.items=50 --set name=taste
#
# Arguments go to `exempla run`. The servers end with the run, however it ends, and the same command
# goes on with it. What they say is in logs/.
#
#   MODEL       a hub name or a local folder
#   SERVERS     how many; on a machine with GPUs each gets its own share of them
#   FIRST_PORT  of the first server; the others have the next ones
#   VLLM        the command, where vLLM is in an environment of its own
#   VLLM_ARGS   more for `vllm serve`, such as "--max-model-len 8192", or what keeps a small model
#               from filling its room with blanks:
#               '--structured-outputs-config={"backend":"xgrammar","disable_any_whitespace":true}'
#   PROJECT     the project's folder; by default this one, with the built-in content
#   WAIT        seconds for which the servers may load
set -euo pipefail

MODEL=${MODEL:-Qwen/Qwen3-0.6B}
SERVERS=${SERVERS:-2}
FIRST_PORT=${FIRST_PORT:-8000}
VLLM=${VLLM:-vllm}
VLLM_ARGS=${VLLM_ARGS:-}
WAIT=${WAIT:-1800}
EXEMPLA=${EXEMPLA:-exempla}
PROJECT=${PROJECT:-$(cd "$(dirname "$0")" && pwd)}

if [ -d "$MODEL" ]; then MODEL=$(cd "$MODEL" && pwd); fi
name=$(basename "$MODEL")
read -ra more <<<"$VLLM_ARGS"
mkdir -p logs

gpus=0
if command -v nvidia-smi >/dev/null; then gpus=$(nvidia-smi --list-gpus | wc -l); fi

processes=()
trap 'kill "${processes[@]}" 2>/dev/null; wait' EXIT
# A signal is passed on to the run, which then ends with its own code.
run=
trap 'if [ -n "$run" ]; then kill "$run" 2>/dev/null; else exit 75; fi' INT TERM

urls=()
for ((i = 0; i < SERVERS; i++)); do
    port=$((FIRST_PORT + i))
    environment=()
    if [ "$gpus" -ge "$SERVERS" ]; then
        each=$((gpus / SERVERS))
        environment=("CUDA_VISIBLE_DEVICES=$(seq -s , $((i * each)) $((i * each + each - 1)))")
    fi
    # With the details a run can say how much of its prompts came from the prefix cache.
    env "${environment[@]}" "$VLLM" serve "$MODEL" \
        --served-model-name "$name" --host 127.0.0.1 --port "$port" \
        --enable-prompt-tokens-details "${more[@]}" >"logs/server-$port.log" 2>&1 &
    processes+=("$!")
    urls+=("\"http://127.0.0.1:$port/v1\"")
done

healthy() {
    python3 - "$1" 2>/dev/null <<'PYTHON'
import sys
import urllib.request

urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/health", timeout=5)
PYTHON
}

echo "Waiting for $SERVERS servers with $MODEL; logs/ has what they say."
end=$((SECONDS + WAIT))
for ((i = 0; i < SERVERS; i++)); do
    port=$((FIRST_PORT + i))
    until healthy "$port"; do
        if ! kill -0 "${processes[$i]}" 2>/dev/null; then
            echo "The server on port $port ended:" >&2
            tail -n 20 "logs/server-$port.log" >&2
            exit 1
        fi
        if [ "$SECONDS" -ge "$end" ]; then
            echo "The server on port $port was not ready within $WAIT s." >&2
            exit 1
        fi
        sleep 2
    done
done

joined=$(IFS=,; echo "${urls[*]}")
"$EXEMPLA" run --project "$PROJECT" --set "engine.servers=[$joined]" --set "engine.model=$name" "$@" &
run=$!
code=0
# `wait` also ends when a signal comes in; the run then needs a moment to end by itself.
while kill -0 "$run" 2>/dev/null; do wait "$run" || code=$?; done
wait "$run" || code=$?
exit "$code"
