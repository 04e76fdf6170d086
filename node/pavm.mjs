#!/usr/bin/env node
// The `pavm` command. Hands over to the sources, or to a bundle made of them, under a Node that runs TypeScript: this one, or
// the packaged one. Imports nothing before it knows what is wanted.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  await runPackaged()
} else if (process.argv[2] === 'dev' && !process.execArgv.some((flag) => flag.startsWith('--inspect'))) {
  // biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
  const { runBundled } = await import('./bundle/run-bundled.mjs')
  await runBundled()
} else {
  await import('./main.ts')
}

async function runPackaged() {
  const [{ spawn }, { existsSync }, { fileURLToPath }] = await Promise.all([
    import('node:child_process'),
    import('node:fs'),
    import('node:url'),
  ])
  const packaged = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  if (!existsSync(packaged)) {
    process.stderr.write(`pavm needs Node 22.18 or newer, this is ${process.versions.node}\n`)
    process.exit(1)
  }
  const child = spawn(packaged, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => process.exit(code ?? 1))
}
