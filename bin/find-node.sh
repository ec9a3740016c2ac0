# Read by the launchers beside it. It asks no registry and downloads nothing.

# Sets `node` to the Node that the project installed, else to the user's own if that is new enough.
# $1 is a package that the launcher needs. Without it the project is not installed.
find_node() {
  if [ ! -d "$project/node_modules/$1" ]; then
    give_up 'This project is not installed.' "Run \`npm ci\` in $project."
  fi
  # Later compilations are read from here. A folder that cannot be written is ignored.
  NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$project/node_modules/.cache/node}
  export NODE_COMPILE_CACHE

  for node in "$project"/node_modules/node/bin/node "$project"/node_modules/node/node_modules/node-*/bin/node; do
    if [ -x "$node" ]; then return; fi
  done
  # `npm ci --ignore-scripts` does not install the project's Node.
  node=node
  major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null)
  if [ "${major:-0}" -lt 24 ]; then
    give_up "The project's Node.js is missing, and no Node.js 24 is installed here." \
      "Run \`npm rebuild node\` in $project: \`npm ci --ignore-scripts\` leaves it out. Or install Node.js 24."
  fi
}

# One line that says what is wrong and what to do.
give_up() {
  echo "error: $1 $2" >&2
  exit 1
}
