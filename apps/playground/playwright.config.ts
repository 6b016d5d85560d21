import { defineConfig } from '@playwright/test'

/** The first line lets it run as root; the others keep it from the network. */
const args = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e/results',
  globalSetup: './e2e/support/setup.ts',
  workers: 1,
  retries: 1,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: 'e2e/results/report.json' }]],
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: '/usr/bin/chromium', args },
    viewport: { width: 1440, height: 900 },
    // Recording costs as much as the page does: what fails is run once more, recorded, and counts as failed.
    trace: 'on-first-retry',
    screenshot: 'only-on-failure',
  },
})
