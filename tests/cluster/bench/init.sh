#!/bin/bash
# init.sh NAME: PID 1 of a node. When it dies the kernel ends all that runs in the node.
set -eu
mount -t proc proc /proc
# Pacemaker resets a node by writing there, and it is the machine's own.
[ ! -e /proc/sysrq-trigger ] || mount --bind /dev/null /proc/sysrq-trigger
mount -o bind,ro /proc/sys /proc/sys 2>/dev/null || {
	mount --bind /proc/sys /proc/sys
	mount -o remount,bind,ro /proc/sys
}
umount -l /.old
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root
mkdir -p /run/lock /run/sshd /run/crm /run/resource-agents
chown hacluster:haclient /run/crm
chmod 750 /run/crm
exec </dev/null >>/var/log/console.log 2>&1
echo "boot $1 $(date +%FT%T.%N)"
systemctl start ssh
for unit in corosync pacemaker; do
	if systemctl -q is-enabled "$unit"; then systemctl start "$unit" || :; fi
done
touch "/run/bench/$1.up"
# bash reaps whatever is orphaned while it waits.
while :; do
	sleep infinity &
	wait
done
