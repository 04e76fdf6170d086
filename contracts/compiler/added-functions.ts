import { type AstNode, nodeIn, nodesIn, type SyntaxTrees } from './ast.ts'
import { toByteText } from './byte-text.ts'
import { RESERVED } from './markers.ts'
import { Misuse } from './misuse.ts'
import { originOf, type ProbedSource } from './probed-source.ts'
import type { Range, SpawnSite } from './sites.ts'
import { hasLocation, type TypeContext, typeText, UnsendableType } from './type-text.ts'

/** The start of a thread in its program. */
export interface Place {
  readonly probed: ProbedSource
  readonly contract: AstNode
  /** What stands for the thread where threads are calls. */
  readonly call: AstNode
  /** Of the function that the thread runs. */
  readonly definition: AstNode
}

interface Variable {
  readonly type: string
  /** With a space before it; empty where the type needs none. */
  readonly location: string
  readonly name: string
}

/** Functions that contracts get for their threads. */
export class AddedFunctions {
  readonly #sources: readonly string[]
  readonly #trees: SyntaxTrees
  readonly #packs = new Map<string, string>()
  readonly #aliases = new Set<string>()
  #names = 0

  /** @param sources names of all sources */
  constructor(sources: readonly string[], trees: SyntaxTrees) {
    this.#sources = sources
    this.#trees = trees
  }

  /** Name of a function that makes a thread's call data of arguments. With the function that the data is for, made once a contract. */
  packOf(site: SpawnSite, { definition, contract, probed }: Place): string {
    const callee = site.source.text.slice(site.callee.start, site.callee.end)
    const key = `${contract.id} ${callee} ${definition.id}`
    const known = this.#packs.get(key)
    if (known !== undefined) return known
    const number = this.#names++
    const run = `${RESERVED}run_${number}`
    const pack = `${RESERVED}pack_${number}`
    const parameters = this.#variables(definition, 'parameters', site, probed)
    const results = this.#variables(definition, 'returnParameters', site, probed)
    const list = (variables: readonly Variable[], prefix: string) =>
      variables.map(({ type, location }, index) => `${type}${location} ${prefix}${index}`).join(', ')
    const args = parameters.map((_, index) => `p${index}`).join(', ')
    const returns = results.length === 0 ? '' : ` returns (${list(results, 'r')})`
    const returned = results.length === 0 ? '' : 'return '
    // The names are the function's own, for calls that name their arguments.
    const packed = parameters.map(({ type, location, name: own }, index) => {
      const name = own === '' || own === 'abi' ? `p${index}` : own
      return { name, declaration: `${type}${location === '' ? '' : ' memory'} ${name}` }
    })
    // Payable, because a thread has its parent's value whether its function looks at it or not.
    const head = `function ${run}(${list(parameters, 'p')}) external payable${returns}`
    const packing = `function ${pack}(${packed.map(({ declaration }) => declaration).join(', ')}) private pure`
    const selected = [`this.${run}.selector`, ...packed.map(({ name }) => name)].join(', ')
    this.#define(contract, probed, site.callee, [
      `${head} { ${RESERVED}guard(); ${returned}${callee}(${args}); }`,
      `${packing} returns (bytes memory) { return abi.encodeWithSelector(${selected}); }`,
    ])
    this.#packs.set(key, pack)
    return pack
  }

  /** Name of a function that waits for a thread and decodes its result. */
  joinOf(site: SpawnSite, { definition, contract, probed }: Place): string {
    const name = `${RESERVED}join_${this.#names++}`
    const results = this.#variables(definition, 'returnParameters', site, probed)
    if (results.some(({ type }) => type.startsWith('function'))) {
      throw new Misuse(site.callee, `${site.functionName} returns a function, which is not passed from a thread`)
    }
    const declared = (prefix: string, rename: (type: string) => string) =>
      results
        .map(({ type, location }, at) => `${rename(type)}${location === '' ? '' : ' memory'} ${prefix}${at}`)
        .join(', ')
    // Nothing is decoded as an address that is payable: the type cannot be written there.
    const decodable = (type: string) => type.replace('address payable', 'address')
    const decoded = `abi.decode(${RESERVED}join(id), (${results.map(({ type }) => decodable(type)).join(', ')}))`
    const copies = results.map((_, at) => `r${at} := d${at}`).join(' ')
    const head = `function ${name}(uint256 id) private pure returns (${declared('r', (type) => type)})`
    this.#define(contract, probed, site.callee, [
      results.every(({ type }) => type === decodable(type))
        ? `${head} { return ${decoded}; }`
        : `${head} { (${declared('d', decodable)}) = ${decoded}; assembly ("memory-safe") { ${copies} } }`,
    ])
    return name
  }

  /** A call of a function that returns the slot of a state variable. */
  slotOf(variable: Range, { call, contract, probed }: Place): string {
    const written = probed.source.text.slice(variable.start, variable.end)
    const block = this.#trees.around(call, 'Block', 'UncheckedBlock')
    const mention = nodesIn(block, 'statements')
      .map((statement) => nodeIn(statement, 'expression'))
      .find((expression) => {
        if (expression === undefined) return false
        const range = originOf(expression, probed)
        return range.start === variable.start && range.end === variable.end
      })
    const declaration = this.#trees.node(mention?.referencedDeclaration)
    if (declaration?.nodeType !== 'VariableDeclaration' || declaration.stateVariable !== true) {
      throw new Misuse(variable, `${written} is no state variable, so it has no slot`)
    }
    if (declaration.mutability !== 'mutable') throw new Misuse(variable, `${written} never changes, so it has no slot`)
    if (mention?.nodeType !== 'Identifier') throw new Misuse(variable, 'a variable is given by its name alone')
    const name = `${RESERVED}slot_${this.#names++}`
    this.#define(contract, probed, variable, [
      `function ${name}() private pure returns (uint256 s) { assembly ("memory-safe") { s := ${written}.slot } }`,
    ])
    return `${name}()`
  }

  #variables(
    definition: AstNode,
    field: 'parameters' | 'returnParameters',
    site: SpawnSite,
    probed: ProbedSource,
  ): Variable[] {
    const context: TypeContext = {
      trees: this.#trees,
      source: probed.source.name,
      aliasOf: (source) => this.#aliasOf(source, probed),
    }
    const what = field === 'parameters' ? 'takes' : 'returns'
    return nodesIn(nodeIn(definition, field), 'parameters').map((variable) => {
      if (variable.storageLocation === 'storage') {
        throw new Misuse(
          site.callee,
          `${site.functionName} ${what} a reference to storage, which is not passed to or from a thread`,
        )
      }
      try {
        return {
          type: typeText(nodeIn(variable, 'typeName') as AstNode, context),
          location: hasLocation(variable) ? ` ${variable.storageLocation}` : '',
          name: String(variable.name),
        }
      } catch (error) {
        if (!(error instanceof UnsendableType)) throw error
        throw new Misuse(
          site.callee,
          `${site.functionName} ${what} ${error.message}, which is not passed to or from a thread`,
        )
      }
    })
  }

  /** Adds functions to a contract; what solc says about them is about a place of the source. */
  #define(contract: AstNode, probed: ProbedSource, place: Range, functions: readonly string[]): void {
    const text = functions.map((definition) => ` ${definition}`).join('')
    probed.edits.insert(originOf(contract, probed).end - 1, { text: `${text} `, about: place.start })
  }

  /** Imports another source under a name that no other import has. */
  #aliasOf(source: string, probed: ProbedSource): string {
    const number = (name: string) => this.#sources.indexOf(name)
    const alias = `${RESERVED}from_${number(probed.source.name)}_${number(source)}`
    if (!this.#aliases.has(alias)) {
      this.#aliases.add(alias)
      probed.edits.insert(probed.source.text.length, `import ${toByteText(JSON.stringify(source))} as ${alias};\n`)
    }
    return alias
  }
}
