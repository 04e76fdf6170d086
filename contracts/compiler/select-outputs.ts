import type { EditedText } from './edits.ts'
import { RESERVED, THREADS_SOURCE, withInstructions } from './markers.ts'
import {
  type AbiEntry,
  type CodeOutput,
  type ContractOutput,
  type EvmOutput,
  hasErrors,
  runSolc,
  type Settings,
  type StandardInput,
  type StandardOutput,
} from './solc.ts'
import { originalSourceMap, YulSources } from './yul-sources.ts'

/** What of the output is made of the Solidity, not of the Yul. */
const FROM_SOLIDITY = [
  'abi',
  'devdoc',
  'userdoc',
  'storageLayout',
  'transientStorageLayout',
  'evm.methodIdentifiers',
  'ir',
]

/** What would be about text that nobody wrote. */
const NOT_MADE = new Set(['ast', 'metadata', 'evm.gasEstimates', 'evm.legacyAssembly', 'irAst', 'irOptimizedAst'])
const EVERYTHING = [...FROM_SOLIDITY, 'evm.bytecode', 'evm.deployedBytecode']

type Selection = Record<string, Record<string, string[]>>

/**
 * Makes the outputs that the input selects, of sources rewritten for threads.
 * @param compile runs solc on them with a selection of outputs
 */
export function selectOutputs(
  input: StandardInput,
  texts: ReadonlyMap<string, EditedText>,
  compile: (selection: Selection) => StandardOutput,
): StandardOutput {
  const checked = compile({ '*': { '*': FROM_SOLIDITY } })
  if (hasErrors(checked)) return checked
  const ids = Object.entries(checked.sources ?? {}).map(([name, { id }]) => ({ name, id }))
  const origins = ids.flatMap(({ name, id }) => {
    const edited = texts.get(name)
    return edited === undefined ? [] : [{ id, edited }]
  })
  const sources = new YulSources(origins)
  const errors = [...(checked.errors ?? [])]
  const contracts: Record<string, Record<string, ContractOutput>> = {}
  const plain: Selection = {}

  for (const [file, byName] of Object.entries(checked.contracts ?? {})) {
    if (file === THREADS_SOURCE) continue
    for (const [name, made] of Object.entries(byName)) {
      const wanted = selected(input.settings?.outputSelection, file, name)
      const ofCode = wanted.filter((output) => !FROM_SOLIDITY.includes(output))
      const yul = withInstructions(made.ir ?? '')
      let code: ContractOutput = {}
      if (ofCode.length > 0 && yul !== undefined) {
        const compiled = compileYul(sources.merge(yul), ofCode, input.settings)
        errors.push(...(compiled.errors ?? []))
        code = withSourceMaps(Object.values(compiled.contracts?.[YUL_SOURCE] ?? {})[0] ?? {}, (map) =>
          sources.split(map),
        )
      } else if (ofCode.length > 0) {
        plain[file] = { ...plain[file], [name]: ofCode }
      }
      contracts[file] = { ...contracts[file], [name]: merged(chosen(made, yul ?? made.ir, wanted), code) }
    }
  }

  if (Object.keys(plain).length > 0) {
    const compiled = compile(plain)
    for (const [file, names] of Object.entries(plain)) {
      for (const name of Object.keys(names)) {
        const code = withSourceMaps(compiled.contracts?.[file]?.[name] ?? {}, (map) => originalSourceMap(map, origins))
        contracts[file] = { ...contracts[file], [name]: merged(contracts[file]?.[name] ?? {}, code) }
      }
    }
  }
  const listed = ids.filter(({ name }) => name !== THREADS_SOURCE).map(({ name, id }) => [name, { id }] as const)
  return { errors, sources: Object.fromEntries(listed), contracts }
}

const YUL_SOURCE = 'contract.yul'

/** As solc does without its optimizer, but with what moves variables that the stack has no room for into memory. */
const UNOPTIMIZED = { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: 'u:' } }

function compileYul(yul: string, outputs: readonly string[], settings: Settings = {}): StandardOutput {
  const { evmVersion, optimizer = {}, libraries } = settings
  return runSolc({
    language: 'Yul',
    sources: { [YUL_SOURCE]: { content: yul } },
    settings: {
      ...(evmVersion === undefined ? {} : { evmVersion }),
      ...(libraries === undefined ? {} : { libraries }),
      optimizer: {
        ...optimizer,
        details: { ...(optimizer.enabled === true ? { yul: true } : UNOPTIMIZED), ...optimizer.details },
      },
      outputSelection: { '*': { '*': [...outputs] } },
    },
  })
}

/** Names of the outputs that are selected for a contract. */
function selected(selection: Settings['outputSelection'] = {}, file: string, contract: string): string[] {
  const names = [file, '*'].flatMap((ofFile) => [contract, '*'].flatMap((name) => selection[ofFile]?.[name] ?? []))
  const all = names.flatMap((name) => (name === '*' ? EVERYTHING : [name]))
  return [...new Set(all)].filter((name) => !NOT_MADE.has(name))
}

function chosen(made: ContractOutput, ir: string | undefined, wanted: readonly string[]): ContractOutput {
  const { abi, evm } = made
  const output: Record<string, unknown> = {}
  for (const name of wanted) {
    if (name === 'abi' && abi !== undefined) output.abi = abi.filter((entry) => !isOurs(entry))
    else if (name === 'ir') output.ir = ir
    else if (FROM_SOLIDITY.includes(name) && made[name] !== undefined) output[name] = made[name]
  }
  if (!isSelected('evm.methodIdentifiers', wanted)) return output
  const identifiers = Object.entries(evm?.methodIdentifiers ?? {}).filter(
    ([signature]) => !signature.startsWith(RESERVED),
  )
  return { ...output, evm: { methodIdentifiers: Object.fromEntries(identifiers) } }
}

function isSelected(output: string, wanted: readonly string[]): boolean {
  return wanted.some((name) => name === output || output.startsWith(`${name}.`))
}

function isOurs(entry: AbiEntry): boolean {
  return entry.name?.startsWith(RESERVED) === true
}

function merged(one: ContractOutput, other: ContractOutput): ContractOutput {
  const evm: EvmOutput | undefined = other.evm === undefined ? one.evm : { ...other.evm, ...one.evm }
  return { ...other, ...one, ...(evm === undefined ? {} : { evm }) }
}

function withSourceMaps(output: ContractOutput, rewrite: (sourceMap: string) => string): ContractOutput {
  if (output.evm === undefined) return output
  const code = (made: CodeOutput | undefined) =>
    made?.sourceMap === undefined ? made : { ...made, sourceMap: rewrite(made.sourceMap) }
  const { bytecode, deployedBytecode, ...others } = output.evm
  return {
    ...output,
    evm: {
      ...others,
      ...(bytecode === undefined ? {} : { bytecode: code(bytecode) as CodeOutput }),
      ...(deployedBytecode === undefined ? {} : { deployedBytecode: code(deployedBytecode) as CodeOutput }),
    },
  }
}
