# SPDX-License-Identifier: Apache-2.0
# c-code.awk - what layers.sh and style.sh share: which part of a line of C is code.
#
# code_of(line) gives the line with each comment as one blank and strings and characters emptied. It
# remembers an open comment from one line to the next; call code_begin() at the start of a file.
function code_begin() { in_comment = 0 }

function code_of(line,    out, at) {
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (!at)
                return out
            line = substr(line, at + 2)
            in_comment = 0
            out = out " "
        } else if (match(line, /\/\*|\/\/|"|'/)) {
            out = out substr(line, 1, RSTART - 1)
            line = substr(line, RSTART)
            if (substr(line, 1, 2) == "/*") {
                in_comment = 1
                line = substr(line, 3)
            } else if (substr(line, 1, 2) == "//") {
                return out
            } else if (match(line, /^"([^"\\]|\\.)*"/)) {
                out = out "\"\""
                line = substr(line, RLENGTH + 1)
            } else if (match(line, /^'([^'\\]|\\.)*'/)) {
                out = out "' '"
                line = substr(line, RLENGTH + 1)
            } else {
                out = out substr(line, 1, 1)
                line = substr(line, 2)
            }
        } else {
            return out line
        }
    }
    return out
}
