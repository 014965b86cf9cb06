#!/bin/bash
# loss.sh - one connection's rate over a bad path: Linux to netcontrold beside Linux to Linux, the same path.  See README.md.
# usage: loss.sh [-n connections at once] [-r rounds] [-b "bytes ..."] [-d "up down"] [-t seconds] [-c control] [-6] PATH...
#   PATH = drop:PERCENT[:nogso]            nftables drops on the client's own interface, both ways; nogso: no super-segments on either side.
#                                          What a kernel drops on its own way out its TCP notices, and does not count as lost:
#        = hop:PERCENT[:nogso]             a router drops, one hop before netcontrold: loss as it is elsewhere
#   -c: what Linux uses on both sides; mind that some machines default to bbr, which takes random loss for no congestion
#        = link:MS:LOSS:REORDER:HOLDMS:DUP a wire with so many ms each way (link.c), netcontrold one hop behind it
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=${NETCONTROLD_BIN:?the netcontrold to measure}
CONNECTIONS=4 ROUNDS=3 BYTES="1000000 10000000" WAYS="up down" SECONDS_MAX=120 FAMILY=4 CONTROL=cubic
while getopts n:r:b:d:t:c:6 o; do case $o in n) CONNECTIONS=$OPTARG;; r) ROUNDS=$OPTARG;; b) BYTES=$OPTARG;; d) WAYS=$OPTARG;; t) SECONDS_MAX=$OPTARG;; c) CONTROL=$OPTARG;; 6) FAMILY=6;; *) exit 2;; esac; done; shift $((OPTIND-1))
[ $# -gt 0 ] || { sed -n 2,6p "$0"; exit 2; }
[ "$(id -u)" = 0 ] || { echo "must be root" >&2; exit 1; }
WORK=$(mktemp -d /tmp/loss.XXXXXX)
CLI=l$$-c ROUTER=l$$-r SRV=l$$-s PIDS=() STARTS=0
gcc -O2 -o "$WORK/link" "$HERE/link.c" || exit 1
export TRANSFER_CONTROL=$CONTROL
in_ns() { ip netns exec "$@"; }
down() {
  local p; for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null; done; for p in "${PIDS[@]}"; do wait "$p" 2>/dev/null; done; PIDS=()
  local n; for n in $CLI $ROUTER $SRV; do ip netns del $n 2>/dev/null; done
}
trap 'down; rm -rf "$WORK"' EXIT; trap 'exit 130' INT TERM

hop() { # addresses and routes of the client's link to the router
  ip -n $CLI link set l0 txqueuelen 20000; ip -n $ROUTER link set l1 txqueuelen 20000
  ip -n $CLI addr add 10.98.0.1/24 dev l0; ip -n $CLI addr add fd96::1/64 dev l0 nodad; ip -n $CLI link set l0 up
  ip -n $ROUTER addr add 10.98.0.2/24 dev l1; ip -n $ROUTER addr add fd96::2/64 dev l1 nodad; ip -n $ROUTER link set l1 up
  ip -n $CLI route add default via 10.98.0.2; ip -n $CLI -6 route add default via fd96::2
  ip -n $SRV route add 10.98.0.0/24 via 10.99.2.1; ip -n $SRV -6 route add fd96::/64 via fd99:2::1
}

# client --(wire)-- router: tun0 (netcontrold) or v0 ==== server.  Without a wire the client is the router.
# 198.18.0.1 goes through netcontrold, 198.20.0.1 through the second veth, which has the same rules as the TUN: Linux to Linux.
up() { # path words
  local n; for n in $CLI $ROUTER $SRV; do
    ip netns add $n; ip -n $n link set lo up
    in_ns $n sysctl -qw net.ipv4.tcp_no_metrics_save=1 net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
      net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv4.tcp_syn_retries=12 net.ipv4.tcp_synack_retries=12
  done
  for n in v w; do
    local i=1; [ $n = w ] && i=2
    ip link add ${n}0 netns $ROUTER type veth peer name ${n}1 netns $SRV
    ip -n $ROUTER addr add 10.99.$i.1/24 dev ${n}0; ip -n $ROUTER addr add fd99:$i::1/64 dev ${n}0 nodad; ip -n $ROUTER link set ${n}0 up
    ip -n $SRV addr add 10.99.$i.2/24 dev ${n}1; ip -n $SRV addr add fd99:$i::2/64 dev ${n}1 nodad; ip -n $SRV link set ${n}1 up
  done
  ip -n $SRV addr add 198.18.0.1/32 dev lo; ip -n $SRV addr add 198.20.0.1/32 dev lo
  ip -n $SRV addr add fd98::1/128 dev lo nodad; ip -n $SRV addr add fd97::1/128 dev lo nodad
  ip -n $ROUTER route add default via 10.99.1.2; ip -n $ROUTER -6 route add default via fd99:1::2
  ip -n $ROUTER route add 198.20.0.0/16 via 10.99.2.2; ip -n $ROUTER -6 route add fd97::/64 via fd99:2::2
  local gso=""; [ "${3:-}" = nogso ] && gso="disableOffload: true"
  cat >"$WORK/netcontrol.yaml" <<Y
listen:
  grpc: ["unix:$WORK/netcontrold-$((++STARTS)).sock"]
  http: "http://127.0.0.1:0"
devices:
  - name: devices/tun0
    addresses: ["10.77.0.1/24", "fd77::1/64"]
    routes: ["198.18.0.0/16", "fd98::/64"]
    streamDialer: delegates/egress
    packetProxy: delegates/egress
    $gso
delegates:
  - name: delegates/egress
    proxy: proxies/upstream
proxies:
  - name: proxies/upstream
    config: ""
Y
  ip netns exec $ROUTER "$BIN" --config "$WORK/netcontrol.yaml" >"$WORK/netcontrold.log" 2>&1 & PIDS+=($!)
  ip netns exec $SRV python3 "$HERE/transfer.py" serve 0.0.0.0 7000 & PIDS+=($!)
  ip netns exec $SRV python3 "$HERE/transfer.py" serve :: 7001 & PIDS+=($!)
  n=0; until [ -n "$(in_ns $SRV ss -Hltn 'sport = :7000')" ] && ip -n $ROUTER -o link show tun0 2>/dev/null | grep -q LOWER_UP; do
    n=$((n+1)); [ $n -lt 150 ] || { cat "$WORK/netcontrold.log" >&2; exit 1; }; sleep 0.1
  done
  case $1 in
    drop|hop)
      CLIENT=$ROUTER
      local hooks="input:iifname output:oifname" h
      [ $1 = hop ] && { CLIENT=$CLI hooks="forward:iifname forward:oifname"; ip link add l0 netns $CLI type veth peer name l1 netns $ROUTER; hop; }
      [ $1 = hop ] && [ "${3:-}" = nogso ] && { ip -n $CLI link set l0 gso_max_segs 1; ip -n $ROUTER link set l1 gso_max_segs 1; }
      local t; t=$(awk "BEGIN{print int($2*10)}")
      [ "${3:-}" = nogso ] && { ip -n $ROUTER link set tun0 gso_max_segs 1; ip -n $ROUTER link set w0 gso_max_segs 1; ip -n $SRV link set w1 gso_max_segs 1; ip -n $SRV link set v1 gso_max_segs 1; }
      [ "$t" = 0 ] || for h in $hooks; do
        echo "table inet ${h/:/_} { chain c { type filter hook ${h%:*} priority 0; ${h#*:} { \"tun0\", \"w0\" } meta l4proto tcp numgen random mod 1000 < $t drop; }; }"
      done | in_ns $ROUTER nft -f - || exit 1
      ;;
    link)
      CLIENT=$CLI
      "$WORK/link" $CLI l0 $ROUTER l1 "$2" "$3" "$4" "$5" "$6" ${SEED:-1} >"$WORK/link.log" & PIDS+=($!)
      until grep -q ready "$WORK/link.log"; do sleep 0.05; done
      hop
      ;;
  esac
}

ours=198.18.0.1 linux=198.20.0.1 port=7000
[ $FAMILY = 6 ] && { ours=fd98::1 linux=fd97::1 port=7001; }
printf '%-24s %-5s %10s %12s %12s %7s   %s\n' path way bytes linux netcontrold ratio "(Mbit/s, medians of $((CONNECTIONS*ROUNDS)); ratio: of Linux' rate; then each)"
for PATH_SPEC in "$@"; do
  IFS=: read -r -a words <<<"$PATH_SPEC"
  up "${words[@]}"
  for bytes in $BYTES; do for way in $WAYS; do
    a=$(in_ns $CLIENT python3 "$HERE/transfer.py" $way $linux $port $bytes $CONNECTIONS $ROUNDS $SECONDS_MAX)
    b=$(in_ns $CLIENT python3 "$HERE/transfer.py" $way $ours $port $bytes $CONNECTIONS $ROUNDS $SECONDS_MAX)
    printf '%-24s %-5s %10s %12s %12s %7s   %s | %s\n' "$PATH_SPEC" $way $bytes ${a%% *} ${b%% *} \
      "$(awk "BEGIN{print (${a%% *} > 0 ? sprintf(\"%.2f\", ${b%% *}/${a%% *}) : \"-\")}")" "${a#* }" "${b#* }"
  done; done
  [ -n "${KEEP_LOG:-}" ] && cp "$WORK/netcontrold.log" "$KEEP_LOG"
  down
done
