# Runs one server for as long as the test process lives.
# Arguments: the folder to remove at the end, the signal that stops the server at once, then its command.
# Standard input: lines `start` and `stop` (at once, as if the power failed), each answered when it is
# done. The end of the input is the end of the test process: the server is killed, its folder removed.
trap '' INT TERM HUP
folder=$1
signal=$2
shift 2
pid=
while read -r line; do
  case $line in
  start)
    "$@" >>"$folder/log" 2>&1 </dev/null &
    pid=$!
    ;;
  stop)
    kill -"$signal" "$pid" 2>/dev/null
    wait "$pid"
    ;;
  esac
  echo "$line"
done
if [ -n "$pid" ]; then
  kill -"$signal" "$pid" 2>/dev/null
  wait "$pid"
fi
rm -rf "$folder"
