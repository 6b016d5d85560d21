import { h } from 'preact'
import {
  ChartLine,
  Check,
  CircleAlert,
  Code,
  Contrast,
  Ellipsis,
  Gauge,
  Grid2x2,
  Info,
  Link2,
  Moon,
  Pause,
  PenLine,
  Play,
  RotateCcw,
  Rows3,
  Square,
  SquareFunction,
  StepForward,
  Sun,
  TriangleAlert,
  Workflow,
  X,
  Zap,
} from 'lucide'

const icons = {
  alert: CircleAlert,
  check: Check,
  op: SquareFunction,
  bench: Gauge,
  close: X,
  code: Code,
  cpu: Zap,
  dark: Moon,
  graph: Workflow,
  info: Info,
  light: Sun,
  linalg: Grid2x2,
  memory: Rows3,
  more: Ellipsis,
  pause: Pause,
  play: Play,
  reset: RotateCcw,
  share: Link2,
  step: StepForward,
  stop: Square,
  system: Contrast,
  train: ChartLine,
  warn: TriangleAlert,
  write: PenLine,
}
export type IconName = keyof typeof icons

/** A picture beside words, which say the same. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {icons[name].map(([tag, attributes]) => h(tag, { key: JSON.stringify(attributes), ...attributes }))}
    </svg>
  )
}
