# Sourced by the image scripts: root file systems of Debian's (or Ubuntu's) packages. Needs common.sh.

# What every one of these systems has beside its own packages.
BASE_PACKAGES=(bash coreutils util-linux grep sed findutils mawk gzip tzdata base-files base-passwd libc-bin)

# What only the installation of packages needs.
NOT_UNPACKED='^(libllvm|perl|libperl|postgresql-common|postgresql-client-common|ssl-cert|debconf|cdebconf|adduser|init-system-helpers|dpkg_|systemd|ucf|sensible-utils|netbase|locales|libz3|libgdbm|libdb5|install-info|sysvinit|python|gcc-.*-base|lsb-base)'

# debian_root DIRECTORY WORK PACKAGE…: a root file system with the packages and all that they need. Packages are unpacked, not installed.
debian_root() {
  local root=$1 work=$2 packages=$ROOT/artifacts/images/packages directory file options
  shift 2
  mkdir -p "$packages/partial" "$root/usr"/{bin,sbin,lib,lib64}
  # Resolving against an empty system gives the whole closure.
  : > "$work/status"
  options=(-y -qq --no-install-recommends -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o "Dir::State::status=$work/status")
  say "downloading $1 and what it needs"
  apt-get install "${options[@]}" --download-only -o "Dir::Cache::archives=$packages" "$@" "${BASE_PACKAGES[@]}" </dev/null >"$work/apt.log" 2>&1 \
    || { tail -5 "$work/apt.log"; fail "downloading the packages failed"; }
  apt-get install "${options[@]}" --print-uris -o "Dir::Cache::archives=$work" "$@" "${BASE_PACKAGES[@]}" </dev/null 2>/dev/null | awk '{ print $2 }' \
    | grep -vE "$NOT_UNPACKED" > "$work/files"

  for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
  while read -r file; do
    dpkg-deb --fsys-tarfile "$packages/$file" | tar -x --keep-directory-symlink --numeric-owner -C "$root" \
      --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
  done < "$work/files"

  # What the packages' scripts would have done.
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
  ln -sf /usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
  [ -e "$root/usr/bin/sh" ] || ln -s bash "$root/usr/bin/sh"
  [ -e "$root/usr/bin/awk" ] || ln -s mawk "$root/usr/bin/awk"
  mkdir -p "$root"/{dev,proc,sys,run,tmp,root,usr/local/bin}
  [ -L "$root/var/run" ] || { rm -rf "$root/var/run"; ln -s ../run "$root/var/run"; }
  chmod 1777 "$root/tmp"
}
