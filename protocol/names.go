package protocol

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// NamedReference is the Reference of what a person has named, in place of a clause.
const NamedReference = "names file"

// Names are the names that a person gives to codes, options and content formats that the registries do not have,
// such as those of a vendor. A nil *Names has the registries alone. See [ParseNames] for the file they come from.
type Names struct {
	options map[optionKey]*OptionInfo
	codes   map[Code]*CodeInfo
	formats map[ContentFormat]*ContentFormatInfo
}

// optionKey is what identifies an option: signalling codes have number spaces of their own.
type optionKey struct {
	number OptionNumber
	code   Code // Empty for requests and responses
}

// Option finds the option's row in a message of the given code: that of the registry, or else the one named here.
// It is nil for an option that has neither. The row is shared and must not be changed.
func (n *Names) Option(number OptionNumber, code Code) *OptionInfo {
	row := number.Lookup(code)
	if row != nil || n == nil {
		return row
	}
	if !code.IsSignaling() {
		code = Empty
	}
	return n.options[optionKey{number, code}]
}

// NamedOptions gives the rows of the options named here, in order of number.
func (n *Names) NamedOptions() []OptionInfo {
	if n == nil {
		return nil
	}
	var rows []OptionInfo
	for _, row := range n.options {
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b OptionInfo) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Number, b.Number)) })
	return rows
}

// Code gives the row of the code, or false for one that has neither a registered name nor one here.
func (n *Names) Code(c Code) (CodeInfo, bool) {
	if info, ok := c.Info(); ok || n == nil {
		return info, ok
	}
	if row := n.codes[c]; row != nil {
		return *row, true
	}
	return CodeInfo{Code: c}, false
}

// CodeString is [Code.String] with the names given here: "0.30 ANNOUNCE".
func (n *Names) CodeString(c Code) string {
	if codeRows[c] != nil || n == nil {
		return c.String()
	}
	if info, ok := n.Code(c); ok {
		return c.Dotted() + " " + info.Name
	}
	return c.Dotted()
}

// CodeNamed finds a code by its name, "GET", or by number and name, "2.05 Content". Case does not matter.
func (n *Names) CodeNamed(name string) (Code, bool) {
	for i := range codeTable {
		if row := &codeTable[i]; strings.EqualFold(name, row.Name) || strings.EqualFold(name, row.Code.String()) {
			return row.Code, true
		}
	}
	if n != nil {
		for c, row := range n.codes {
			if strings.EqualFold(name, row.Name) || strings.EqualFold(name, n.CodeString(c)) {
				return c, true
			}
		}
	}
	return 0, false
}

// ContentFormat gives the row of the content format, or false for one that has neither a registered one nor one here.
func (n *Names) ContentFormat(f ContentFormat) (ContentFormatInfo, bool) {
	if info, ok := f.Info(); ok || n == nil {
		return info, ok
	}
	if row := n.formats[f]; row != nil {
		return *row, true
	}
	return ContentFormatInfo{Number: f}, false
}

// ContentFormatString is [ContentFormat.String] with the names given here.
func (n *Names) ContentFormatString(f ContentFormat) string {
	if info, ok := n.ContentFormat(f); ok {
		return info.String()
	}
	return f.String()
}

// ContentFormatNamed finds a content format by what [Names.ContentFormatString] gives. Case does not matter.
func (n *Names) ContentFormatNamed(name string) (ContentFormat, bool) {
	for i := range contentFormatTable {
		if strings.EqualFold(name, contentFormatTable[i].String()) {
			return contentFormatTable[i].Number, true
		}
	}
	if n != nil {
		for f, row := range n.formats {
			if strings.EqualFold(name, row.String()) {
				return f, true
			}
		}
	}
	return 0, false
}

// NamesError lists the lines that a file of names should not have, in order.
type NamesError []NamesLine

// NamesLine is a line of a file of names that cannot be read.
type NamesLine struct {
	Line   int    // counted from 1
	Text   string // of the line
	Reason string // what is wrong, and what to do about it
}

// Error gives a line for each bad line.
func (e NamesError) Error() string {
	lines := make([]string, len(e))
	for i, l := range e {
		lines[i] = "line " + strconv.Itoa(l.Line) + ": " + l.Reason
	}
	return strings.Join(lines, "\n")
}

// NamesExample gives the text of a file of names that says how to write one. All its names are comments.
func NamesExample() string {
	return `# Names for codes, options and content formats that are not registered. One in a line; # starts a comment.
# Registered numbers keep their names.
#
# option NUMBER NAME FORMAT [LENGTH] [CONTEXT] [repeatable]
#   FORMAT is opaque, empty, uint or string; LENGTH in bytes, such as 4 or 1-8;
#   CONTEXT is request, response, or a signalling code such as 7.01. Without one: request and response.
#
# option 65001 Device-Id opaque 1-8 request
# option 65004 Vendor-Tag string 0-32 repeatable
# option 2050 Vendor-Setting uint 0-2 7.01
#
# code CLASS.DETAIL NAME
#
# code 0.30 ANNOUNCE
# code 4.28 Out of Paper
#
# content-format NUMBER MEDIA-TYPE [(CODING)]
#
# content-format 65001 application/vnd.acme+cbor
# content-format 65002 application/vnd.acme+json (deflate)
`
}
