import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** A block of code of a document; `file` is what stands behind its language. */
export interface DocumentBlock {
  readonly language: string
  readonly file: string | undefined
  readonly text: string
}

/** The blocks of code of a document of this repository, in order. */
export function documentBlocks(document: string): DocumentBlock[] {
  const text = readFileSync(join(ROOT, document), 'utf8')
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language = '', file, code = '']) => {
    return { language, file, text: code }
  })
}

/** What starts the node that a document speaks of. */
const START = /^npx pavm dev\b.*$/gm
const DOCUMENTED_HOST = '127.0.0.1:8545'

/** The text of a document about the node at `url` in the place of its own. */
export function aboutNode(text: string, url: string): string {
  return text.replaceAll(DOCUMENTED_HOST, new URL(url).host)
}

/** All blocks of a language as one program, which asks the node at `url` in the place of the one that the document starts. */
export function documentProgram(document: string, language: string, url: string): string {
  const blocks = documentBlocks(document).filter((block) => block.language === language)
  const program = blocks.map(({ text }) => text).join('\n')
  return aboutNode(program.replaceAll(START, ''), url)
}

/** Lines that the document shows as output. */
export function documentedOutput(document: string): string[] {
  const blocks = documentBlocks(document).filter(({ language }) => language === 'text')
  return blocks.flatMap(({ text }) => text.trimEnd().split('\n'))
}
