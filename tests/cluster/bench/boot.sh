#!/bin/sh
# boot.sh NAME PLACE TREE SEED RACK ADDRESS...: become the node NAME.
#
# Runs in mount, UTS, IPC and network namespaces made for it; RACK is the PID
# of the rack, in whose network namespace the switches are. ADDRESSes are those
# of eth0, eth1 and so on.
set -eu
name=$1 place=$2 tree=$3 seed=$4 rack=$5
shift 5
disk=$place/$name root=$place/$name/root

hostname "$name"
ip link set lo up
number=0
for address; do
	port=$name-$number
	nsenter -t "$rack" -n ip link del "$port" 2>/dev/null || :
	nsenter -t "$rack" -n ip link add "$port" type veth peer name "eth$number" netns $$
	nsenter -t "$rack" -n ip link set "$port" master "br$number" up
	ip addr add "$address" dev "eth$number"
	ip link set "eth$number" up
	number=$((number + 1))
done

mkdir -p "$disk/upper" "$disk/work" "$root"
mount -t overlay "$name" -o "lowerdir=$tree,upperdir=$disk/upper,workdir=$disk/work" "$root"
if [ ! -e "$disk/installed" ]; then
	echo "$name" >"$root/etc/hostname"
	rm -f "$root/etc/corosync/corosync.conf"
	cp -R "$seed/." "$root/"
	# The Filesystem agent insists on a modprobe; there is no module to load here.
	printf '#!/bin/sh\n' >"$root/usr/sbin/modprobe"
	chmod 755 "$root/usr/sbin/modprobe"
	# Owners inside the tree have the tree's own numbers.
	chroot "$root" chown -R hacluster:haclient /var/lib/pacemaker/cib
	touch "$disk/installed"
fi

mount -t tmpfs -o mode=755,size=1m dev "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
node() { mknod -m 666 "$root/dev/$1" "$2" "$3" "$4"; }
node null c 1 3
node zero c 1 5
node full c 1 7
node random c 1 8
node urandom c 1 9
node tty c 5 0
node loop-control c 10 237
for number in 0 1 2 3 4 5 6 7; do node "loop$number" b 7 "$number"; done
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mount -t tmpfs -o mode=1777,size=128m shm "$root/dev/shm" # libqb's buffers of all daemons
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -t sysfs -o ro sysfs "$root/sys"
mkdir "$root/run/bench"
mount --bind "$place/shared" "$root/run/bench"
cp "${0%/*}/init.sh" "$root/run/init.sh"

cd "$root"
mkdir -p .old
pivot_root . .old
exec unshare --pid --fork --kill-child=KILL /bin/bash /run/init.sh "$name"
