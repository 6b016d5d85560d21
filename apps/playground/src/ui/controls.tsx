import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { ReadonlySignal, Signal } from '@preact/signals'
import type { Choice as ChoiceField, Range, Sizes } from '../shell/link.ts'
import { Icon, type IconName } from './icons.tsx'

interface Changing<T> {
  readonly value: T
  readonly onChange: (value: T) => void
}

/** One of a few, all in sight. */
export function Segments<T extends string>({
  field,
  value,
  onChange,
  options = field.options,
}: Changing<T> & {
  readonly field: ChoiceField<T>
  readonly options?: ChoiceField<T>['options']
}) {
  const name = useId()
  return (
    <fieldset class="segments">
      <legend>{field.label}</legend>
      <div>
        {options.map(([key, text]) => (
          <label key={key}>
            <input type="radio" name={name} value={key} checked={key === value} onChange={() => onChange(key)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** One of several, in a list that opens. */
export function Select<T extends string>({ field, value, onChange }: Changing<T> & { readonly field: ChoiceField<T> }) {
  return (
    <label class="field">
      <span>{field.label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {field.options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** A number, checked and held in its range when it is left. */
export function NumberBox({
  field,
  value,
  onChange,
  unit,
  hint,
}: Changing<number> & { readonly field: Range; readonly unit?: string; readonly hint?: string }) {
  const commit = (input: HTMLInputElement): void => {
    const read = field.read(input.value) ?? value
    input.value = field.print(read)
    if (read !== value) onChange(read)
  }
  return (
    <label class="field">
      <span>
        {field.label}
        {unit && <small> {unit}</small>}
      </span>
      <input
        class="num"
        inputMode="decimal"
        value={field.print(value)}
        onChange={(event) => commit(event.currentTarget)}
        title={`${field.low} to ${field.high}${hint ? `; ${hint}` : ''}`}
      />
    </label>
  )
}

/** Sizes of layers, edited in place. */
export function SizesBox({ field, value, onChange }: Changing<readonly number[]> & { readonly field: Sizes }) {
  const set = (index: number, input: HTMLInputElement): void => {
    const [size] = field.read(input.value) ?? []
    if (size === undefined) input.value = String(value[index])
    else onChange(value.map((old, i) => (i === index ? size : old)))
  }
  return (
    <fieldset class="sizes">
      <legend>{field.label}</legend>
      <div class="row tight">
        {value.map((size, i) => (
          <input
            key={i}
            class="num"
            inputMode="numeric"
            aria-label={`${field.label}, layer ${i + 1}`}
            value={String(size)}
            onChange={(event) => set(i, event.currentTarget)}
          />
        ))}
        <button
          class="square"
          aria-label={`${field.label}: one layer more`}
          disabled={value.length >= field.most}
          onClick={() => onChange([...value, value.at(-1) ?? 8])}
        >
          +
        </button>
        <button
          class="square"
          aria-label={`${field.label}: one layer less`}
          disabled={value.length === 0}
          onClick={() => onChange(value.slice(0, -1))}
        >
          −
        </button>
      </div>
    </fieldset>
  )
}

export function Button({
  icon,
  children,
  onClick,
  isMain = false,
  disabled = false,
  shortcut,
}: {
  readonly icon?: IconName
  readonly children: ComponentChildren
  readonly onClick: () => void
  readonly isMain?: boolean
  readonly disabled?: boolean
  readonly shortcut?: string
}) {
  return (
    <button
      class={isMain ? 'main' : ''}
      onClick={onClick}
      disabled={disabled}
      aria-keyshortcuts={shortcut}
      title={shortcut && `Key: ${shortcut}`}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}

/** A number that changes: of one width, with what it is. */
export function Figure({
  label,
  value,
  title,
}: {
  readonly label: string
  readonly value: ReadonlySignal<string>
  readonly title?: ReadonlySignal<string>
}) {
  return (
    <span class="figure" title={title?.value}>
      <span class="muted">{label}</span> <span class="num">{value}</span>
    </span>
  )
}

/** What went wrong, why, and what to do next; in the place of what cannot be shown. */
export function Trouble({
  kind = 'bad',
  children,
  actions,
}: {
  readonly kind?: 'bad' | 'warn' | 'info'
  readonly children: ComponentChildren
  readonly actions?: ComponentChildren
}) {
  const name = { bad: 'Failed', warn: 'Notice', info: 'Note' }[kind]
  return (
    <section class={`trouble ${kind}`} aria-label={name}>
      <p>
        <Icon name={kind === 'bad' ? 'alert' : kind === 'warn' ? 'warn' : 'info'} /> <b>{name}.</b> {children}
      </p>
      {actions && <div class="row">{actions}</div>}
    </section>
  )
}

interface RepairsProps {
  readonly list: Signal<readonly string[]>
  readonly what?: string
}

/** What was wrong, with the link of a page where nothing else is said, until it is understood. */
export function Repairs({ list, what = 'The link was put right.' }: RepairsProps) {
  if (list.value.length === 0) return null
  return (
    <Trouble kind="warn" actions={<Button onClick={() => (list.value = [])}>Understood</Button>}>
      {what} {list.value.join(' ')}
    </Trouble>
  )
}
