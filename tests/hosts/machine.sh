# Sourced by the scripts that boot a test machine in QEMU, without acceleration. Needs common.sh and a directory of its own in $work.
# get_kernel unpacks a distribution's kernel once into artifacts/hosts; add_modules and add_programs fill an initial file system; boot runs it.
cache=$ROOT/artifacts/hosts

need_machine() {
  local file
  [ "$(uname -m)" = x86_64 ] || fail "the test machine is an x86_64: this machine is $(uname -m)"
  for file in artifacts/tare/tared artifacts/images/busybox.tar; do [ -f "$file" ] || fail "$file is missing: run ./build.sh and images/busybox.sh"; done
  need_packages "a test machine" qemu-system-x86 cpio kmod xz-utils zstd busybox-static openssl libzstd1 "$@" >&2
}

# Kernel and modules are unpacked, not installed. Debian has them in one package, Ubuntu in two (image and modules).
get_kernel() {
  local image modules package
  if [ ! -f "$cache/vmlinuz" ]; then
    apt_update >&2
    image=$(first_dependency linux-image-cloud-amd64 'linux-image-[0-9]')
    [ -n "$image" ] || image=$(first_dependency linux-image-virtual 'linux-image-[0-9]')
    [ -n "$image" ] || fail "the package lists have neither linux-image-cloud-amd64 (Debian) nor linux-image-virtual (Ubuntu)"
    modules=$(first_dependency "$image" 'linux-modules-[0-9]')
    mkdir -p "$cache"
    rm -rf "$cache/kernel"
    for package in $image $modules; do
      say "unpacking $package" >&2
      (cd "$work" && { apt-get download -qq -o APT::Sandbox::User=root "$package" || apt-get download -qq -o APT::Sandbox::User=root "$package-unsigned"; } </dev/null) >&2
      dpkg-deb -x "$work/$package"*.deb "$cache/kernel"
    done
    depmod -b "$cache/kernel" "$(ls "$cache/kernel/lib/modules")"
    cp "$cache"/kernel/boot/vmlinuz-* "$cache/vmlinuz"
  fi
  kernel=$(ls "$cache/kernel/lib/modules")
}

# first_dependency PACKAGE PATTERN: the first package that PACKAGE depends on and whose name begins with PATTERN.
first_dependency() { apt-cache depends "$1" 2>/dev/null | sed -n "s/.*Depends: \($2[^ ]*\)/\1/p" | head -1; }

# add_modules ROOT MODULE…: uncompressed copies in ROOT/modules, and their order in ROOT/modules/order.
add_modules() {
  local root=$1 module file name
  shift
  mkdir -p "$root/modules"
  for module in "$@"; do modprobe -d "$cache/kernel" -S "$kernel" --show-depends "$module"; done 2>/dev/null \
    | awk '/^insmod/ && !seen[$2]++ { print $2 }' > "$work/modules"
  while read -r file; do
    name=$(basename "$file" | sed 's/\.ko\.[a-z]*$/.ko/')
    case $file in
      *.xz) xz -dc "$file" > "$root/modules/$name" ;;
      *.zst) zstd -dqc "$file" > "$root/modules/$name" ;;
      *) cp "$file" "$root/modules/$name" ;;
    esac
    echo "$name" >> "$root/modules/order"
  done < "$work/modules"
}

# What containers need and these kernels have as modules.
container_modules=(overlay bridge veth nf_tables nft_chain_nat nft_masq nft_nat nft_ct nft_fib_inet nft_redir)

# What criu looks at sockets and tracked connections and stops networks with.
criu_modules=(unix_diag inet_diag tcp_diag udp_diag raw_diag netlink_diag af_packet_diag tun nft_compat xt_mark xt_conntrack nft_reject_inet nf_conntrack_netlink)

# boot SECONDS MEGABYTES COMMAND-LINE: runs $cache/vmlinuz with $work/initrd and prints what it wrote between "=== begin" and "=== end".
boot() {
  timeout "$1" qemu-system-x86_64 -accel tcg -cpu max -m "$2" -smp 2 -display none -monitor none -no-reboot -nodefaults -serial stdio \
    -kernel "$cache/vmlinuz" -initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1 loglevel=3 $3" </dev/null > "$work/output" || true
  tr -d '\r' < "$work/output" > "$work/text"
  sed -n '/^=== begin/,/^=== end/p' "$work/text"
  grep -q '^=== end' "$work/text" || { tail -20 "$work/text" >&2; fail "the test machine did not come to its end"; }
}
