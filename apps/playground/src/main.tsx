import { render } from 'preact'
import './app.css'
import { isolate } from './shell/isolation.ts'
import { observe } from './shell/observers.ts'
import { apply } from './shell/scheme.ts'
import { Shell } from './shell/Shell.tsx'

observe()
apply()
render(<Shell />, document.getElementById('app')!)
void isolate()
