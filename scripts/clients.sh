# Sourced by test.sh: gets real clients of Docker's API for the compatibility tests into artifacts/tools. Needs common.sh.
# Packages are unpacked and not installed, so that no engine of theirs starts on this machine.
TOOLS=$ROOT/artifacts/tools

# A stock docker command line; one that the machine has is taken.
docker_client() {
  command -v docker >/dev/null && return
  local package
  if [ ! -x "$TOOLS/usr/bin/docker" ]; then
    say "unpacking a docker command line for the compatibility tests"
    mkdir -p "$TOOLS"
    apt_update
    package=$(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli || echo docker.io)
    (cd "$TOOLS" && apt-get download -qq -o APT::Sandbox::User=root "$package" </dev/null && dpkg-deb -x "$package"_*.deb . && rm -f "$package"_*.deb) \
      || say "could not get a docker command line: the tests that need it will fail"
  fi
  export PATH=$PATH:$TOOLS/usr/bin
}

# docker compose 2 and buildx of Debian 13, whichever release this machine has: a package list of its own, nothing of it is installed.
compose_plugin() {
  local plugins=$TOOLS/cli-plugins lists=$TOOLS/trixie options mirror
  [ -x "$plugins/docker-compose" ] && [ -x "$plugins/docker-buildx" ] && return
  say "unpacking docker compose and buildx of Debian 13"
  mkdir -p "$plugins" "$lists"/{lists/partial,archives/partial}
  mirror=$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' 'Created-By: Packages' 2>/dev/null | head -1)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} trixie main" > "$lists/sources.list"
  : > "$lists/status"
  options=(-qq -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$lists/lists" -o "Dir::State::status=$lists/status" -o "Dir::Cache::archives=$lists/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=")
  # Debian 13's docker-compose is compose 2.
  (cd "$lists" && apt-get update "${options[@]}" && apt-get download "${options[@]}" docker-compose docker-buildx \
    && for package in *.deb; do dpkg-deb -x "$package" .; done && rm -f -- *.deb) </dev/null \
    || { say "could not get docker compose: the tests that need it will fail"; return; }
  find "$lists" -path '*cli-plugins/*' -type f -exec cp {} "$plugins/" \;
}

# dockerode and testcontainers from npm.
node_clients() {
  local directory=$TOOLS/node
  command -v npm >/dev/null || need_packages "the clients written in JavaScript" nodejs npm
  [ -d "$directory/node_modules/testcontainers" ] && [ -d "$directory/node_modules/dockerode" ] && return
  say "installing dockerode and testcontainers"
  mkdir -p "$directory"
  (cd "$directory" && echo '{"private":true}' > package.json && npm install --no-audit --no-fund --silent dockerode@5 testcontainers@10 </dev/null >npm.log 2>&1) \
    || say "could not install the clients: the tests that need them will fail"
}

# dockerd, containerd and docker-registry of the distribution, to compare with and to drive; tests start them with directories of their own.
docker_programs() {
  local directory=$TOOLS/dockerd
  export PATH=$PATH:$directory/usr/bin:$directory/usr/sbin
  [ -x "$directory/usr/sbin/dockerd" ] && [ -x "$directory/usr/bin/docker-registry" ] && return
  say "unpacking dockerd and docker-registry to compare with"
  mkdir -p "$directory"
  apt_update
  (cd "$directory" && apt-get download -qq -o APT::Sandbox::User=root docker.io containerd docker-registry runc tini iptables libip4tc2 libip6tc2 libxtables12 libnftnl11 \
      libnetfilter-conntrack3 libnfnetlink0 </dev/null && for package in *.deb; do dpkg-deb -x "$package" .; done && rm -f -- *.deb) \
    || say "could not get dockerd: the tests that need it will fail"
}
