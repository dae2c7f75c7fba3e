#!/bin/busybox sh
# Process 1 of the test machine: leaves the initial file system (pivot_root refuses to), loads modules, mounts what a host has.
/bin/busybox --install -s /bin
export PATH=/bin:/opt/tare
if [ -z "$SWITCHED" ]; then
  mount -t tmpfs -o mode=755 tmpfs /newroot
  for directory in bin etc init lib lib64 modules opt; do cp -a "/$directory" /newroot/; done
  mkdir -p /newroot/dev /newroot/proc /newroot/run /newroot/sys /newroot/tmp /newroot/var /newroot/newroot
  export SWITCHED=1
  exec switch_root /newroot /init
fi
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
while read -r module; do insmod "/modules/$module"; done < /modules/order
ip link set lo up
hostname v2
echo "nameserver 127.0.0.1" > /etc/resolv.conf
echo "=== begin"
sh /opt/guest.sh 2>&1
echo "=== end"
poweroff -f
