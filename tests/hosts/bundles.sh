# Sourced by the scripts that run tare-runtime on a test machine, on a checkout with published binaries: a work directory with a root file system, and bundles.
cd "$(dirname "$0")/../.." || exit 1
export PATH=$PWD/artifacts/tare:$PATH HOME=/tmp
runtime=tare-runtime
work=$(mktemp -d)
mkdir -p $work/rootfs
tar -xOf artifacts/images/busybox.tar --wildcards '*/layer.tar' | tar -x -C $work/rootfs

# bundle NAME COMMAND RESOURCES CGROUPS-PATH [SED-EXPRESSION…]: a bundle that runs a shell command; the expressions change its config.json, which is one line.
bundle() {
  local name=$1 command=$2 resources=$3 group=$4
  shift 4
  mkdir -p "$work/$name"
  (cd "$work/$name" && rm -f config.json && $runtime spec)
  tr -d '\n' < "$work/$name/config.json" | sed "s|\"terminal\": *true|\"terminal\":false|; s|\"path\": *\"rootfs\"|\"path\":\"$work/rootfs\"|; s|\"readonly\": *true|\"readonly\":false|; \
    s|\"args\": *\[ *\"sh\" *\]|\"args\":[\"sh\",\"-c\",\"$command\"]|; s|\"resources\": *{|\"resources\":{$resources|; s|\"linux\": *{|\"linux\":{\"cgroupsPath\":\"$group\",|" \
    | sed -e '' "${@/#/-e}" > "$work/config.new"
  mv "$work/config.new" "$work/$name/config.json"
}
