// What Lighthouse and axe-core say of the saved pages of planted.py: one line of JSON a page.
//   node pages.mjs FOLDER > peers.jsonl        (run where lighthouse and axe-core are installed)
import http from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const require = createRequire(path.join(process.cwd(), 'here.js'));
const from = async (name) => import(pathToFileURL(require.resolve(name)).href);
const {default: lighthouse} = await from('lighthouse');
const {launch} = await from('chrome-launcher');
const puppeteer = (await from('puppeteer-core')).default;
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const root = path.resolve(process.argv[2]);
const kinds = {'.html': 'text/html', '.js': 'text/javascript', '.jpg': 'image/jpeg', '.png': 'image/png'};
const server = http.createServer((request, response) => {
  const file = path.join(root, decodeURIComponent(new URL(request.url, 'http://x').pathname));
  if (!file.startsWith(root) || !fs.existsSync(file) || fs.statSync(file).isDirectory()) { response.writeHead(404); response.end(); return; }
  const send = () => { response.writeHead(200, {'content-type': kinds[path.extname(file)] || 'application/octet-stream'}); response.end(fs.readFileSync(file)); };
  setTimeout(send, /jpg|png/.test(file) ? 800 : 0);  // pictures come after the text, as on a slow line
}).listen(0, '127.0.0.1');
await new Promise((done) => server.once('listening', done));
const at = `http://127.0.0.1:${server.address().port}`;

const chrome = await launch({chromePath: process.env.CHROME_PATH || '/usr/bin/chromium', chromeFlags: ['--headless=new', '--no-sandbox']});
const browser = await puppeteer.connect({browserURL: `http://127.0.0.1:${chrome.port}`});
for (const page of fs.readdirSync(root).sort()) {
  const url = `${at}/${page}/index.html`;
  const {lhr} = await lighthouse(url, {port: chrome.port, logLevel: 'error', onlyCategories: ['accessibility', 'seo', 'performance', 'best-practices']});
  const audits = Object.fromEntries(Object.values(lhr.audits).map((a) => [a.id, {score: a.score, value: a.numericValue,
    items: (Array.isArray(a.details?.items) ? a.details.items : []).map((x) => x.node?.selector || x.url || '').slice(0, 50)}]));
  const tab = await browser.newPage();
  await tab.setViewport({width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true});
  await tab.goto(url, {waitUntil: 'load'});
  await tab.evaluate(axe);
  const said = await tab.evaluate(() => window.axe.run(document, {rules: {'target-size': {enabled: true}}, resultTypes: ['violations']}));
  await tab.close();
  const violations = Object.fromEntries(said.violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(' '))]));
  console.log(JSON.stringify({page, lighthouse: lhr.lighthouseVersion, axe_version: said.testEngine.version, audits, violations}));
}
await browser.disconnect();
chrome.kill();
server.close();
