# Boots a test host: systemd as the first process of namespaces of its own.
#
#   host.sh network                               in the fixture's namespaces: the bridge that the hosts are on; stays
#   host.sh run PLACE NAME ADDRESS TREE CGROUP    boots a host, and again each time that it reboots; ends when it is off
#   host.sh plug …  host.sh boot …                the steps of `run`: its network and cgroups, its file systems and its init
#
# A reboot that is asked for inside ends a pid namespace's first process as by SIGHUP, a power-off as by SIGINT: reboot(2).
# PLACE/hosts/NAME/upper, docker and containerd hold what the host writes; TREE is shared and stays as it is.
set -u
part=$1; shift

if [ "$part" = network ]; then
  ip link add br0 type bridge forward_delay 0 || exit 1
  # nodad: the address is there at once.
  ip addr add 192.168.77.1/24 dev br0 && ip addr add fd00:77::1/64 dev br0 nodad && ip link set br0 up || exit 1
  # There is no way out: with forwarding a host is told so, without it would wait.
  echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
  # What hosts send to each other is none of this namespace's firewall's business.
  for table in iptables ip6tables; do [ ! -e /proc/sys/net/bridge/bridge-nf-call-$table ] || echo 0 > /proc/sys/net/bridge/bridge-nf-call-$table; done
  touch "$1/ready"
  exec sleep infinity
fi

place=$1 name=$2 address=$3 tree=$4 cgroup=$5
host=$place/hosts/$name

if [ "$part" = run ]; then
  status=129
  while [ $status = 129 ]; do
    unshare --net bash "$0" plug "$@"
    status=$?
  done
  exit 0
fi

if [ "$part" = plug ]; then
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -e "$hierarchy/cgroup.procs" ] || continue
    own=$hierarchy/$cgroup/$name
    mkdir -p "$own" || exit 1
    for folder in "${own%/*}" "$own"; do
      # Version 1's cpuset is born without processors. Version 2 hands its controllers on from level to level.
      for file in cpuset.cpus cpuset.mems; do
        [ ! -e "$folder/$file" ] || [ -n "$(cat "$folder/$file")" ] || cat "${folder%/*}/$file" > "$folder/$file"
      done
      [ ! -e "${folder%/*}/cgroup.controllers" ] || for controller in $(cat "${folder%/*}/cgroup.controllers"); do
        echo "+$controller" > "${folder%/*}/cgroup.subtree_control"
      done
    done
    echo 0 > "$own/cgroup.procs" || exit 1
  done
  # Process 1 is the fixture's, in whose network namespace the bridge is. The port of the last boot may linger.
  nsenter --target 1 --net ip link del "p-$name" 2>/dev/null
  ip link add eth0 type veth peer name "p-$name" netns 1 || exit 1
  nsenter --target 1 --net ip link set "p-$name" master br0 up || exit 1
  ip link set lo up
  ip addr add "192.168.77.$address/24" dev eth0 && ip addr add "fd00:77::$address/64" dev eth0 nodad && ip link set eth0 up || exit 1
  ip route add default via 192.168.77.1 && ip -6 route add default via fd00:77::1 || exit 1
  exec unshare --mount --uts --ipc --pid --cgroup --fork --kill-child bash "$0" boot "$@"
fi

root=$host/root
mkdir -p "$host"/{root,work,docker,containerd,boot}
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$host/upper,workdir=$host/work" "$root" || exit 1
# An engine's layers can't lie on an overlay.
for folder in docker containerd; do
  mkdir -p "$root/var/lib/$folder" && mount --bind "$host/$folder" "$root/var/lib/$folder" || exit 1
done
mount -t proc proc "$root/proc" && mount -t sysfs -o ro sysfs "$root/sys" || exit 1
while read -r _ point type options _; do
  case $type,$point in
    cgroup,/sys/fs/cgroup/*)
      mountpoint -q "$root/sys/fs/cgroup" || mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
      mkdir -p "$root$point"
      options=$(tr , '\n' <<<"$options" | grep -vxE 'rw|ro|nosuid|nodev|noexec|relatime|xattr|release_agent=.*|clone_children' | paste -sd,)
      case $options in name=*) options=none,$options ;; esac
      mount -t cgroup -o "$options" cgroup "$root$point" || exit 1 ;;
    cgroup2,/sys/fs/cgroup*)
      mkdir -p "$root$point"; mount -t cgroup2 cgroup2 "$root$point" || exit 1 ;;
  esac
done < /proc/self/mounts
# What is the machine's can't be set from here: its kernel's settings, but for the network's, which are the host's own.
mount --bind "$root/proc/sys" "$root/proc/sys" && mount -o remount,bind,ro "$root/proc/sys" || exit 1
mount --bind "$root/proc/sys/net" "$root/proc/sys/net" && mount -o remount,bind,rw "$root/proc/sys/net" || exit 1
if [ -e "$root/proc/sysrq-trigger" ]; then mount --bind /dev/null "$root/proc/sysrq-trigger" || exit 1; fi
# By this, Ansible's `reboot` sees that a host has come back.
cat /proc/sys/kernel/random/uuid > "$host/boot/id"
mount --bind "$host/boot/id" "$root/proc/sys/kernel/random/boot_id" && mount -o remount,bind,ro "$root/proc/sys/kernel/random/boot_id" || exit 1
mount -t tmpfs -o mode=755,size=1m tmpfs "$root/dev" || exit 1
while read -r file major minor; do mkdir -p "$root/dev/${file%/*}"; mknod -m 666 "$root/dev/${file#./}" c "$major" "$minor"; done <<'DEVICES'
./null 1 3
./zero 1 5
./full 1 7
./random 1 8
./urandom 1 9
./tty 5 0
net/tun 10 200
./fuse 10 229
DEVICES
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts" || exit 1
ln -s pts/ptmx "$root/dev/ptmx"; ln -s /proc/self/fd "$root/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${stream%:*}" "$root/dev/${stream#*:}"; done
hostname "$name"
cd "$root" && pivot_root . . && umount -l . && cd / || exit 1
# The clock is the machine's too.
exec setpriv --bounding-set -sys_time,-sys_module env -i container=other PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /sbin/init
