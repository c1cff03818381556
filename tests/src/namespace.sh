# Runs a daemon in mount, network and pid namespaces of its own, and takes everything away when it ends.
#
#   namespace.sh outer PLACE LIFE DAEMON…    starts `inner` in the namespaces, waits for its end, cleans up
#   namespace.sh inner PLACE LIFE DAEMON…    prepares the namespaces, starts the daemon, waits
#
# LIFE is `lifeline`: everything ends when the standard input closes, which the kernel does when the test's process
# ends in whatever way; or `kept`: it lives until PLACE/holder is ended. `inner` is the pid namespace's first process:
# with it ends everything in the namespace, and with the last process the mounts.
set -u
part=$1 place=$2 life=$3
shift 3

if [ "$part" = outer ]; then
  unshare --mount --net --pid --fork --kill-child bash "$0" inner "$place" "$life" "$@"
  # What the namespaces can't hold: the containers' cgroups.
  find /sys/fs/cgroup -depth -type d -path "*/cdgp-${place##*/}*" -exec rmdir {} + 2>/dev/null
  # Mounts of a pid namespace that is just ending may keep a folder busy for a moment.
  for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$place" 2>/dev/null && break; sleep 0.2; done
  exit 0
fi

exec 3<&0 </dev/null
# /proc is still the machine's here, so this is the pid by which the machine can end us, with the time that it started.
read -r -a stat < /proc/self/stat
mount -t proc proc /proc || exit 1
mount -t tmpfs -o mode=755 tmpfs /run || exit 1
mkdir -p /run/lock /run/upper
# Daemons write keys to /etc/docker and make folders in /opt, modules install programs: into a layer that goes with the namespace.
for folder in /etc /opt /usr/local/sbin /var/lib; do
  mkdir -p "/run/upper$folder/new" "/run/upper$folder/work"
  mount -t overlay -o "lowerdir=$folder,upperdir=/run/upper$folder/new,workdir=/run/upper$folder/work" overlay "$folder" || exit 1
done
ip link set lo up || exit 1
"$@" >> "$place/log" 2>&1 &
echo "${stat[0]} ${stat[21]}" > "$place/holder.new" && mv "$place/holder.new" "$place/holder"
if [ "$life" = lifeline ]; then cat <&3 >/dev/null & fi
exec 3<&-
wait -n
