package payload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestXML(t *testing.T) {
	deep := strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70)
	for _, tt := range []struct{ name, data, want, note string }{
		{
			"SenML (RFC 8428 §7)", `<sensml xmlns="urn:ietf:params:xml:ns:senml"><senml bn="urn:dev:ow:10e2073a0108006:" v="120.1"></senml><senml n="current" v="1.2"/></sensml>`,
			"<sensml xmlns=\"urn:ietf:params:xml:ns:senml\">\n" +
				"  <senml bn=\"urn:dev:ow:10e2073a0108006:\" v=\"120.1\"></senml>\n" +
				"  <senml n=\"current\" v=\"1.2\"/>\n" +
				"</sensml>", "",
		},
		{
			"declaration, comment, CDATA, entities as they are", "\ufeff<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE a [<!ENTITY b \"c>\">]><!-- hm -->\n<a>\n <b>1 &amp; &b;</b>\n <![CDATA[<x>&]]> </a>\n",
			"<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE a [<!ENTITY b \"c>\">]>\n<!-- hm -->\n<a>\n  <b>1 &amp; &b;</b>\n  <![CDATA[\n    <x>&\n  ]]>\n</a>", "",
		},
		{"mixed", "<p>one <b>two</b> three\nfour</p>", "<p>\n  one\n  <b>two</b>\n  three\n  four\n</p>", ""},
		{"only a root", "<a/>", "<a/>", ""},
		{"blanks in tags", "<a  b = 'c'\n/>", "<a b='c'/>", ""},
		{"wrong end", "<a><b></a>", "<a>\n  <b>\nbyte 6: expected </b> for the element at byte 3, not </a> (XML 1.0 §3)\n</a>", "not well-formed: byte 6"},
		{"no end", "<a>x", "<a>\n  x\nbyte 4: expected </a> for the element at byte 0, not the end (XML 1.0 §3)", "not well-formed"},
		{"no element", "<!-- x -->", "<!-- x -->\nbyte 10: expected an element, not the end (XML 1.0 §2.1)", "not well-formed"},
		{"two roots", "<a/><b/>", "<a/>\nbyte 4: a second root element (XML 1.0 §2.1)\n<b/>", "not well-formed"},
		{"text outside", "<a/>x", "<a/>\nbyte 4: expected an element, not 'x' (XML 1.0 §2.1)\nx", "not well-formed"},
		{"end without beginning", "</a>", "byte 0: </a> ends no element (XML 1.0 §3)\n</a>", "not well-formed"},
		{"attribute twice", "<a b='1' b='2'/>", "byte 9: the attribute b stands twice (XML 1.0 §3.1)\nb='2'/>", "not well-formed"},
		{"attribute without quotes", "<a b=1/>", "byte 5: expected the attribute's value in quotes, not '1' (XML 1.0 §3.1)\n1/>", "not well-formed"},
		{"attributes without blank", "<a b='1'c='2'/>", "byte 8: expected an attribute after a blank, or > or />, not 'c' (XML 1.0 §3.1)\nc='2'/>", "not well-formed"},
		{"< in an attribute", "<a b='<'/>", "byte 6: < has to be written &lt; in an attribute (XML 1.0 §3.1)\n<'/>", "not well-formed"},
		{"bare &", "<a>x & y</a>", "<a>\nbyte 5: & begins a reference such as &amp; (XML 1.0 §2.4)\n& y</a>", "not well-formed"},
		{"not UTF-8", "<a>\xff</a>", "<a>\nbyte 3: byte 0xff is no UTF-8 (XML 1.0 §2.4)\n\\xFF</a>", "not well-formed"},
		{"comment that does not end", "<a><!-- x", "<a>\nbyte 9: expected --> for the <!-- at byte 3, not the end (XML 1.0 §2.5)", "not well-formed"},
		{"another encoding", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\\xFC</a>", "encoded in ISO-8859-1, shown as it is; not UTF-8 at byte 46"},
		{"empty", "", "byte 0: expected an element, not the end (XML 1.0 §2.1)", "not well-formed"},
		{"deep", deep, strings.TrimSuffix(nestedXML(0), "\n"), "nesting deeper than 64 not shown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := As(NameXML, 41, []byte(tt.data))
			if d := cmp.Diff(tt.want, v.String()); d != "" {
				t.Error(d)
			}
			if !strings.HasPrefix(v.Note(), tt.note) || tt.note == "" && v.Note() != "" {
				t.Errorf("note %q", v.Note())
			}
			holds(t, v, []byte(tt.data))
			why, bad := Contradicts(41, []byte(tt.data))
			if want := strings.HasPrefix(tt.note, "not well-formed") && tt.data != ""; bad != want {
				t.Errorf("contradicts: %v %s", bad, why)
			}
		})
	}
}

func nestedXML(depth int) string {
	indent := strings.Repeat("  ", depth)
	if depth == maxDepth {
		return indent + "…\n"
	}
	return indent + "<a>\n" + nestedXML(depth+1) + indent + "</a>\n"
}

func TestXMLFolds(t *testing.T) {
	v := As(NameXML, 41, []byte("<a><b><c/></b><d>x</d></a>"))
	want := map[int]int{0: 5, 1: 3} // <a> … </a>, <b> … </b>
	for i := range v.Len() {
		end, ok := v.Fold(i)
		if ok != (want[i] != 0) || end != want[i] {
			t.Errorf("line %d %s: %d %v", i, v.Line(i), end, ok)
		}
	}
}

func TestXMLSpans(t *testing.T) {
	want := Line{
		{"<", KindPunctuation, 0, 1},
		{"a", KindLiteral, 1, 2},
		{" ", KindPlain, 0, 0},
		{"b", KindKey, 3, 4},
		{"=", KindPunctuation, 4, 5},
		{`"c"`, KindString, 5, 8},
		{">", KindPunctuation, 8, 9},
		{"x", KindPlain, 9, 10},
		{"</", KindPunctuation, 10, 12},
		{"a", KindLiteral, 12, 13},
		{">", KindPunctuation, 13, 14},
	}
	if d := cmp.Diff(want, As(NameXML, 41, []byte(`<a b="c">x</a>`)).Line(0)); d != "" {
		t.Error(d)
	}
}

func TestXMLIsRecognized(t *testing.T) {
	for data, want := range map[string]rank{
		"<?xml version='1.0'?><a": special, "<a/>": likely, " <a><b/></a>": likely, "<a>": never, "</a>;rt=x": never, "</a>": never,
		"<coap://h/a>;rt=x": never, "": never, "<": never, "a": never,
	} {
		if got := sniffXML([]byte(data)); got != want {
			t.Errorf("%q: %d", data, got)
		}
	}
}

func FuzzXML(f *testing.F) {
	for _, s := range []string{
		`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a b="c"><!-- x --><d>e &amp; f</d><![CDATA[<]]><g/></a>`,
		"<a><b></a>", "<a b='1' b='2'>\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v := As(NameXML, 41, data)
		holds(t, v, data)
		if wellFormedXML(data) == nil && !v.Truncated() && otherEncoding(data) == "" {
			everyByteShown(t, v, data)
		}
	})
}
