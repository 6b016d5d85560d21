/// <reference lib="dom" />
// Firefox, whose WebGPU (wgpu, with its compiler naga) is another implementation than Chromium's and Node's.
import puppeteer from 'puppeteer-core'

/** WebGPU on a driver in software, in pages and workers. */
const preferences = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
}
/** Milliseconds that one call may take: shaders are compiled in software. */
const CALL_MS = 600_000

/** A page of Firefox at `url`. What is not caught there ends up in `problems`. @param {string} url */
export async function openFirefox(url) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    protocolTimeout: CALL_MS,
    extraPrefsFirefox: preferences,
  })
  const page = await browser.newPage()
  /** @type {string[]} */
  const problems = []
  page.on('pageerror', (error) => problems.push(error instanceof Error ? error.message : String(error)))
  await page.goto(url)
  return { browser, page, problems }
}

/**
 * What the adapter of a page says of itself.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<{ description: string, features: string[] }>}
 * @throws where there is none
 */
export async function adapterOf(page) {
  const found = await page.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter()
    if (!adapter) return null
    const { vendor, architecture, device, description } = adapter.info
    const words = [vendor, architecture, device, description].filter(Boolean).join(' ')
    return { description: words, features: [...adapter.features] }
  })
  if (!found) throw new Error('an adapter of WebGPU required, Firefox has none: install mesa-vulkan-drivers')
  return found
}
