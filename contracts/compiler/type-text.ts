import { type AstNode, nodeIn, nodesIn, type SyntaxTrees, typeOf } from './ast.ts'
import type { ByteText } from './byte-text.ts'

/** A type that cannot be part of a call from outside. */
export class UnsendableType extends Error {}

/** What writing types for another source needs. */
export interface TypeContext {
  readonly trees: SyntaxTrees
  /** The source in which the types are to be written. */
  readonly source: string
  /** Makes another source's names available there; returns what to put before them. */
  aliasOf(source: string): string
}

/**
 * A type as it can be written in another source, without data location.
 * @throws UnsendableType for a mapping or an internal function
 */
export function typeText(type: AstNode, context: TypeContext): ByteText {
  switch (type.nodeType) {
    case 'ElementaryTypeName':
      return type.name === 'address' && type.stateMutability === 'payable' ? 'address payable' : String(type.name)
    case 'ArrayTypeName': {
      // The length may be a constant of its own source; solc has worked it out.
      const length =
        nodeIn(type, 'length') === undefined ? '' : (/\[(\d+)\][^[\]]*$/.exec(typeOf(type).text)?.[1] ?? '')
      return `${typeText(nodeIn(type, 'baseType') as AstNode, context)}[${length}]`
    }
    case 'UserDefinedTypeName':
      return declaredName(type, context)
    case 'FunctionTypeName':
      if (type.visibility === 'external') return functionText(type, context)
      throw new UnsendableType('an internal function')
    default:
      throw new UnsendableType('a mapping')
  }
}

function functionText(type: AstNode, context: TypeContext): ByteText {
  const list = (field: string) =>
    nodesIn(nodeIn(type, field), 'parameters')
      .map((variable) => {
        const location = hasLocation(variable) ? ` ${variable.storageLocation}` : ''
        return `${typeText(nodeIn(variable, 'typeName') as AstNode, context)}${location}`
      })
      .join(', ')
  const returned = list('returnParameterTypes')
  const mutability = type.stateMutability === 'nonpayable' ? '' : ` ${type.stateMutability}`
  const returns = returned === '' ? '' : ` returns (${returned})`
  return `function(${list('parameterTypes')}) external${mutability}${returns}`
}

function declaredName(type: AstNode, { trees, source, aliasOf }: TypeContext): ByteText {
  const declaration = trees.node(type.referencedDeclaration)
  if (declaration === undefined) throw new UnsendableType('a type without declaration')
  const contract = trees.around(declaration, 'ContractDefinition')
  const name = contract === undefined ? String(declaration.name) : `${contract.name}.${declaration.name}`
  const home = trees.sourceOf(declaration)
  return home === source ? name : `${aliasOf(home)}.${name}`
}

/** Whether values of the type are kept in memory, call data or storage, which a declaration has to say. */
export function hasLocation(variable: AstNode): boolean {
  return variable.storageLocation !== 'default'
}
