// Loads the parts of the page as ordinary modules of the browser. Panel's own loader
// would fetch, rewrite and compile each of them a second time.

window.hcsPart = (name) => import(new URL(name, import.meta.url).href)
