import js from "@eslint/js"
import globals from "globals"

// Names of plates, files and people are no HTML: nothing that parses it may be used.
const PARSES_HTML = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe"].map((property) => ({
  property, message: "Make elements with h() of dom.js: text never becomes HTML.",
}))

export default [
  js.configs.recommended,
  {
    files: ["assets/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      "max-lines": ["error", { max: 400 }],
      "no-implicit-globals": "error",
      "no-restricted-properties": ["error", ...PARSES_HTML],
    },
  },
  { files: ["tests/js/**/*.js", "eslint.config.js"], languageOptions: { globals: globals.node } },
  {
    rules: {
      eqeqeq: "error",
      // As names they say nothing: of what is one, found by whom? Texts of the page keep theirs.
      "id-denylist": ["error", "one", "found", "told", "kept", "rests", "dress", "beside", "behind"],
      "no-shadow-restricted-names": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
    },
  },
]
