# Sourced by the image scripts: packs a directory tree as a docker-archive that "tare load" and "docker load" read.

# pack_image ROOTFS NAME CONFIG OUTPUT: CONFIG is the JSON object of the image's run settings ({"Cmd": …}).
pack_image() {
  local rootfs=$1 name=$2 config=$3 output=$4 work created diff_id id arch
  work=$(mktemp -d "$(dirname "$output")/.pack.XXXXXX")
  created=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  arch=$(dpkg --print-architecture)
  mkdir "$work/layer"
  tar --sort=name --numeric-owner --mtime=@0 --xattrs -C "$rootfs" -cf "$work/layer/layer.tar" .
  diff_id=$(sha256sum "$work/layer/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","created":"%s","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"%s","created_by":"%s"}]}' \
    "$arch" "$created" "$config" "$diff_id" "$created" "images/${name%%:*}.sh" > "$work/config"
  id=$(sha256sum "$work/config" | cut -d' ' -f1)
  mv "$work/config" "$work/$id.json"
  mv "$work/layer" "$work/$diff_id"
  printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["%s/layer.tar"]}]' "$id" "$name" "$diff_id" > "$work/manifest.json"
  tar --sort=name --numeric-owner --owner=0 --group=0 -C "$work" -cf "$output.new" manifest.json "$id.json" "$diff_id"
  mv -f "$output.new" "$output"
  rm -rf "$work"
}

# fresh OUTPUT SOURCE...: true when OUTPUT is newer than all sources.
fresh() {
  local output=$1 source
  shift
  [ -f "$output" ] || return 1
  for source in "$@"; do [ "$source" -nt "$output" ] && return 1; done
  return 0
}
