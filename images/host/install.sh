#!/bin/sh
# Installs fleetd, fleetctl, skydns and registrator on this host, or takes them off again. Nothing is started or enabled, and
# configuration that is there already stays.
set -eu

usage='usage: ./install.sh [--uninstall]'
here=$(cd "$(dirname "$0")" && pwd)
units='fleet.service fleet.socket skydns.service registrator.service'
programs='fleetd fleetctl skydns registrator'

fail() {
    echo "$1" >&2
    echo "Try: $2" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail 'Only root can install programs and units.' "sudo $0 $*"

case "${1-}" in
--uninstall)
    for unit in $units; do
        systemctl disable --now "$unit" 2>/dev/null || :
        rm -f "/usr/lib/systemd/system/$unit"
    done
    for program in $programs; do rm -f "/usr/bin/$program"; done
    rm -rf /opt/devcluster/bin /opt/devcluster/lib /opt/devcluster/cache
    rmdir /opt/devcluster 2>/dev/null || :
    systemctl daemon-reload
    echo 'Removed. What was configured stays: /etc/fleet, /etc/default/skydns, /etc/default/registrator.'
    exit 0
    ;;
'') ;;
*) fail "\"$1\" is not an option of this script." "$usage" ;;
esac

[ -d /run/systemd/system ] || fail 'This host does not run systemd, which fleet drives.' 'install on a host that boots with systemd'
reason=$("$here/opt/devcluster/bin/node" --version 2>&1) ||
    fail "The Node that comes with this archive does not run here: $reason" 'apt-get install libstdc++6, or the archive for this architecture'

mkdir -p /opt/devcluster /etc/fleet /etc/default /usr/lib/systemd/system
rm -rf /opt/devcluster/lib /opt/devcluster/cache
# Programs that run keep the file that they were started from.
cp -R --remove-destination "$here/opt/devcluster/." /opt/devcluster/
cp --remove-destination "$here"/usr/bin/* /usr/bin/
cp "$here"/usr/lib/systemd/system/* /usr/lib/systemd/system/
for file in etc/fleet/fleet.conf etc/default/skydns etc/default/registrator; do
    [ -e "/$file" ] || cp "$here/$file" "/$file"
done
systemctl daemon-reload

cat <<'NEXT'
Installed: fleetd, fleetctl, skydns, registrator. Next:
   edit /etc/fleet/fleet.conf                       # etcd_servers, metadata
   systemctl enable --now fleet.socket fleet.service
   fleetctl list-machines
   systemctl enable --now skydns.service            # names, settings in /etc/default/skydns
   systemctl enable --now registrator.service       # names of Docker's containers, settings in /etc/default/registrator
NEXT
