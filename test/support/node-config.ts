import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'smol-toml'
import type { NodeFiles } from '../../node/network-files.ts'

type Value = string | number | boolean | readonly string[]
type Section = Readonly<Record<string, Value | Readonly<Record<string, Value>>>>

/** Changes settings, by section, in the file of a node that does not run yet. */
export function changeConfig({ configFile }: NodeFiles, sections: Readonly<Record<string, Section>>): void {
  const config = parse(readFileSync(configFile, 'utf8')) as Record<string, Section>
  for (const [name, section] of Object.entries(sections)) config[name] = { ...config[name], ...section }
  writeFileSync(configFile, stringify(config))
}

/** The multiaddresses of the others that a node's file names, in the order of the nodes. */
export function peersOf({ configFile }: NodeFiles): readonly string[] {
  const { p2p } = parse(readFileSync(configFile, 'utf8')) as { p2p: { peers: string[] } }
  return p2p.peers
}
