import { serve } from '../src/worker/serve.ts'
import { acme } from './outsider.ts'

serve({ plugins: [acme] })
