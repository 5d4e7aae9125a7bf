package discovery

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"coapscope/protocol/linkformat"
)

func draw(n *Node, depth int) string {
	s := fmt.Sprintf("%s%s", strings.Repeat(" ", depth), n.Segment)
	if n.IsResource() {
		s += fmt.Sprintf(" *%d", len(n.Links))
	}
	if len(n.Relations) > 0 {
		s += fmt.Sprintf(" ~%d", len(n.Relations))
	}
	s += " " + n.ID + "\n"
	for _, c := range n.Children {
		s += draw(c, depth+1)
	}
	return s
}

func drawTree(t *Tree) string {
	s := draw(t.Root, 0)
	for _, n := range t.Elsewhere {
		s += "elsewhere " + draw(n, 0)
	}
	return s
}

func parse(t testing.TB, text string) linkformat.Links {
	t.Helper()
	links, err := linkformat.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return links
}

func TestTree(t *testing.T) {
	for _, tt := range []struct{ name, endpoint, links, want string }{
		{"empty", "192.0.2.1:5683", ``, "/ /\n"},
		{"nodes on the way, natural order", "192.0.2.1:5683", `</s/10/b>,</s/9/a>,</s/9>,</s/10/a>,</act>`, `/ /
 act *1 /act
 s /s
  9 *1 /s/9
   a *1 /s/9/a
  10 /s/10
   a *1 /s/10/a
   b *1 /s/10/b
`},
		{"root, well-known, dots, trailing slash", "192.0.2.1:5683", `</>,</.well-known/core>,</a/../b/./c>,</a/>`, `/ *1 /
 .well-known /.well-known
  core *1 /.well-known/core
 a /a
   *1 /a/
 b /b
  c *1 /b/c
`},
		{"queries and percent", "192.0.2.1:5683", `</t?u=C>,</t>,</caf%c3%a9/x%2Fy>,</t?u=F>`, `/ /
 café /caf%C3%A9
  x/y *1 /caf%C3%A9/x%2Fy
 t *1 /t
  ?u=C *1 /t?u=C
  ?u=F *1 /t?u=F
`},
		{"relative and absolute references to the device itself", "192.0.2.1:5683", `<a>,<coap://192.0.2.1/b>,<coap://192.0.2.1:5683/c>,<//192.0.2.1/d>`, `/ /
 .well-known /.well-known
  a *1 /.well-known/a
 b *1 /b
 c *1 /c
 d *1 /d
`},
		{"a device does not know the zone", "[fe80::1%eth0]:5683", `<coap://[fe80::1]/a>,<coap://[fe80::2]/b>`, `/ /
 a *1 /a
elsewhere coap://[fe80::2]/b *1 coap://[fe80::2]/b
`},
		{"elsewhere", "192.0.2.1:5683", `<http://example.com/x>,<coap://192.0.2.1:61616/y>,<coaps://192.0.2.1/z>,<coap://192.0.2.2/a>,<http://example.com/x>;rel=next`, `/ /
elsewhere coap://192.0.2.1:61616/y *1 coap://192.0.2.1:61616/y
elsewhere coap://192.0.2.2/a *1 coap://192.0.2.2/a
elsewhere coaps://192.0.2.1/z *1 coaps://192.0.2.1/z
elsewhere http://example.com/x *2 http://example.com/x
`},
		{"RFC 6690 §5: anchors", "192.0.2.1:5683", `</sensors>;ct=40;title="Sensor Index",</sensors/temp>;rt="temperature-c";if="sensor",</sensors/light>;rt="light-lux";if="sensor",<http://www.example.com/sensors/t123>;anchor="/sensors/temp";rel="describedby",</t>;anchor="/sensors/temp";rel="alternate"`, `/ /
 sensors *1 /sensors
  light *1 /sensors/light
  temp *1 ~2 /sensors/temp
 t *1 /t
elsewhere http://www.example.com/sensors/t123 *1 http://www.example.com/sensors/t123
`},
	} {
		tree := NewTree(ep(tt.endpoint), parse(t, tt.links))
		if got := drawTree(tree); got != tt.want {
			t.Errorf("%s:\n%swant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestTreeNode(t *testing.T) {
	tree := NewTree(ep("192.0.2.1:5683"), parse(t, `</x>;anchor="/y";title="late";rt=z,</t>;rt="a b";if=s;ct="0 50";title="T";sz=12;obs,</t>;rt="b c";ct=60;title="U"`))
	n := tree.Find("/t")
	if n == nil {
		t.Fatal("no /t")
	}
	size, ok := n.Size()
	if n.Title() != "T" || size != 12 || !ok || !n.Observable() {
		t.Errorf("title %q, size %d %v, observable %v", n.Title(), size, ok, n.Observable())
	}
	if got := n.ResourceTypes(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("rt %q", got)
	}
	if got := n.Interfaces(); !slices.Equal(got, []string{"s"}) {
		t.Errorf("if %q", got)
	}
	if got := n.ContentFormats(); !slices.Equal(got, []uint16{0, 50, 60}) {
		t.Errorf("ct %v", got)
	}
	y := tree.Find("/y")
	if _, ok := y.Size(); y.IsResource() || y.Observable() || ok || y.Title() != "" || len(y.Relations) != 1 {
		t.Errorf("the context of a link is %+v", y)
	}
	if tree.Find("/nothing") != nil || tree.Count() != 2 {
		t.Errorf("count %d", tree.Count())
	}
}

// What a hostile device can send is at most as deep as maxDepth and takes time in proportion to its length.
func TestTreeBounded(t *testing.T) {
	deep := "</" + strings.Repeat("a/", 50000) + "b>"
	many := strings.Repeat("</a>,", 20000) + "</b>"
	tree := NewTree(ep("192.0.2.1:5683"), parse(t, deep+","+many))
	depth := 0
	for n := tree.Root.Children[0]; len(n.Children) > 0; n = n.Children[0] {
		depth++
	}
	if depth != maxDepth-1 {
		t.Errorf("depth %d", depth)
	}
	if got := len(tree.Find("/a").Links); got != 20000 {
		t.Errorf("%d links", got)
	}
}

func TestNatural(t *testing.T) {
	want := []string{"", "01", "1", "2", "10", "A", "a", "a1", "a1b", "a2", "a10", "a10b", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Natural)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func FuzzTree(f *testing.F) {
	f.Add(`</a/b?c>;anchor="//x",<../..>,<http://[::1%25e]/>,</%zz>,<//>,<?q>,<#f>,<>`)
	f.Fuzz(func(t *testing.T, text string) {
		links, _ := linkformat.Parse([]byte(text))
		tree := NewTree(ep("[fe80::1%eth0]:5683"), links)
		kept := 0
		seen := make(map[string]bool)
		var visit func(n *Node)
		visit = func(n *Node) {
			if seen[n.ID] {
				t.Fatalf("%q twice", n.ID)
			}
			seen[n.ID] = true
			kept += len(n.Links)
			for _, c := range n.Children {
				visit(c)
			}
		}
		for _, n := range append(tree.Elsewhere, tree.Root) {
			visit(n)
		}
		if kept != len(links) {
			t.Fatalf("%d of %d links", kept, len(links))
		}
	})
}

func BenchmarkTree10000(b *testing.B) {
	var s strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&s, `</building/%d/floor/%d/room/%d/temp>;rt="temperature";if="sensor";ct="0 50 60";obs,`, i%10, i%100, i)
	}
	links := parse(b, strings.TrimSuffix(s.String(), ","))
	b.ResetTimer()
	for b.Loop() {
		NewTree(ep("192.0.2.1:5683"), links)
	}
}
