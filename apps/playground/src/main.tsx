import { render } from 'preact'
import './app.css'
import { isolate } from './shell/isolation.ts'
import { observe } from './shell/observers.ts'
import { apply } from './shell/scheme.ts'
import { Shell } from './shell/Shell.tsx'

observe()
apply()
// A task of its own, after the one that evaluated the scripts.
setTimeout(() => {
  render(<Shell />, document.getElementById('app')!)
  void isolate()
})
