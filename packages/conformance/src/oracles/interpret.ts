import { FormatError, NameError } from '@gradloom/core'
import { parse, type AnyNode, type Expression, type Pattern, type Property, type SpreadElement } from 'acorn'

/** Values by name, and those of the functions around. */
interface Scope {
  readonly names: ReadonlyMap<string, unknown>
  readonly outer?: Scope
}
type Call = (...args: readonly unknown[]) => unknown

/** The value of an expression of JavaScript's syntax, of literals, arrays, objects, names, calls, own properties,
 * minus, and functions without parameters whose body is constants and a return. Nothing but `values` can be reached.
 * @throws FormatError for other syntax, NameError for a name or property that is not there */
export function interpret(source: string, values: Readonly<Record<string, unknown>>): unknown {
  const scope: Scope = { names: new Map(Object.entries({ NaN, Infinity, undefined, ...values })) }
  return valueOf(expressionIn(source), scope)
}

function expressionIn(source: string): Expression {
  let body
  try {
    body = parse(`(${source}\n)`, { ecmaVersion: 2022 }).body
  } catch (error) {
    throw new FormatError(`expression: ${(error as Error).message}, in ${source}`, { cause: error })
  }
  const [statement] = body
  return body.length === 1 && statement.type === 'ExpressionStatement'
    ? statement.expression
    : refuse(statement, 'one expression')
}

function valueOf(node: Expression, scope: Scope): unknown {
  switch (node.type) {
    case 'Literal':
      return node.regex || node.bigint ? refuse(node, 'a number, string, boolean or null') : node.value
    case 'Identifier':
      return lookUp(node.name, scope)
    case 'ParenthesizedExpression':
      return valueOf(node.expression, scope)
    case 'UnaryExpression':
      return node.operator === '-' ? -(valueOf(node.argument, scope) as number) : refuse(node, 'minus')
    case 'ArrayExpression':
      return node.elements.map((e) => valueOf(single(e, node), scope))
    case 'ObjectExpression':
      return Object.fromEntries(node.properties.map((p) => propertyOf(p, scope)))
    case 'MemberExpression': {
      if (node.object.type === 'Super' || node.property.type === 'PrivateIdentifier' || node.optional)
        return refuse(node, 'a property')
      const from = valueOf(node.object, scope)
      const key = node.computed
        ? valueOf(node.property, scope)
        : node.property.type === 'Identifier'
          ? node.property.name
          : refuse(node, 'a name')
      return ownProperty(from, String(key))
    }
    case 'CallExpression': {
      if (node.callee.type === 'Super' || node.optional) return refuse(node, 'a call')
      const called = valueOf(node.callee, scope)
      if (typeof called !== 'function') throw new NameError(`expression: a function required, got ${typeof called}`)
      return (called as Call)(...node.arguments.map((a) => valueOf(single(a, node), scope)))
    }
    case 'ArrowFunctionExpression': {
      const { body, params, async } = node
      if (params.length || async) return refuse(node, 'a function without parameters')
      return () => (body.type === 'BlockStatement' ? bodyOf(body.body, scope) : valueOf(body, scope))
    }
    default:
      return refuse(node, 'literals, arrays, objects, names, calls, properties and constants')
  }
}

/** Constants, each of which the next may use, and a return. */
function bodyOf(statements: readonly AnyNode[], outer: Scope): unknown {
  const names = new Map<string, unknown>()
  const scope: Scope = { names, outer }
  for (const statement of statements) {
    if (statement.type === 'ReturnStatement') return statement.argument ? valueOf(statement.argument, scope) : undefined
    if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const')
      return refuse(statement, 'const or return')
    for (const { id, init } of statement.declarations) names.set(nameOf(id), valueOf(init!, scope))
  }
  return undefined
}

const single = (node: Expression | SpreadElement | null, around: AnyNode): Expression =>
  node && node.type !== 'SpreadElement' ? node : refuse(node ?? around, 'an element')
const nameOf = (node: Pattern): string => (node.type === 'Identifier' ? node.name : refuse(node, 'a name'))
function propertyOf(node: Property | SpreadElement, scope: Scope): [string, unknown] {
  if (node.type === 'SpreadElement' || node.computed || node.kind !== 'init') return refuse(node, 'a property')
  const { key } = node
  return [
    key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : refuse(key, 'a name'),
    valueOf(node.value, scope),
  ]
}
function lookUp(name: string, scope: Scope): unknown {
  for (let at: Scope | undefined = scope; at; at = at.outer) if (at.names.has(name)) return at.names.get(name)
  throw new NameError(`unknown function ${name}`)
}
/** Inherited properties would lead to constructors. */
function ownProperty(from: unknown, key: string): unknown {
  if (typeof from === 'object' && from !== null && Object.hasOwn(from, key))
    return (from as Readonly<Record<string, unknown>>)[key]
  throw new NameError(`expression: no property ${key} there`)
}
function refuse(node: AnyNode, wanted: string): never {
  throw new FormatError(`expression: ${wanted} required, got ${node.type} at ${node.start}`)
}
