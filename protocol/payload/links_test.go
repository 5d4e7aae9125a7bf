package payload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinkTable(t *testing.T) {
	for _, tt := range []struct{ name, data, want, note string }{
		{
			"RFC 6690 §5", `</sensors>;ct=40;title="Sensor Index",</sensors/temp>;rt="temperature-c";if="sensor";obs,` +
				`</sensors/light>;rt="light-lux core.s";if="sensor";sz=1200,<http://www.example.com/sensors/t123>;anchor="/sensors/temp";rel="describedby"`,
			"Target                               Resource type     Interface  Content-Format                Size  Observable  Title         Other attributes\n" +
				"/sensors                                                          application/link-format (40)                    Sensor Index\n" +
				"/sensors/temp                        temperature-c     sensor                                         yes\n" +
				"/sensors/light                       light-lux core.s  sensor                                   1200\n" +
				"http://www.example.com/sensors/t123                                                                                             anchor=\"/sensors/temp\"; rel=\"describedby\"",
			"4 links",
		},
		{"several formats", `</a>;ct="0 50 65001"`, "Target  Content-Format\n/a      text/plain; charset=utf-8 (0), application/json (50), 65001", "1 link"},
		{"attributes twice", `</a>;rt=x;rt=y;flag`, "Target  Resource type  Other attributes\n/a      x              rt=y; flag\nbyte 10, link 1, attribute rt: appears more than once in the link; the first counts (RFC 6690 §3.1)", "1 link, 1 mistake"},
		{
			"mistakes", `</a>;obs=1,b`,
			"Target  Observable\n/a      yes\nbyte 9, link 1, attribute obs: has no value; it is ignored (RFC 7641 §6)\n" +
				"byte 11, link 2: a link begins with <, not with \"b\" (RFC 6690 §2, link-value)", "1 link, 2 mistakes",
		},
		{"nothing", "", "Target", "0 links"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := As(NameLinkTable, 40, []byte(tt.data))
			lines := strings.Split(v.String(), "\n")
			for i := range lines {
				lines[i] = strings.TrimRight(lines[i], " ")
			}
			if d := cmp.Diff(tt.want, strings.Join(lines, "\n")); d != "" {
				t.Error(d)
			}
			if v.Note() != tt.note {
				t.Errorf("note %q", v.Note())
			}
			holds(t, v, []byte(tt.data))
		})
	}
	v := As(NameLinkTable, 40, []byte(`</a>;rt=x;ct=40`))
	want := []Line{{{"/a", KindLiteral, 1, 3}}, {{"x", KindString, 8, 9}}, {{"application/link-format (40)", KindLiteral, 13, 15}}}
	if d := cmp.Diff(want, v.Cells(1)); d != "" {
		t.Error(d)
	}
}

func FuzzLinkTable(f *testing.F) {
	f.Add([]byte(`</a>;rt="x y";ct="0 50";sz=12;obs;if=a;title*=UTF-8'en'b,<b>;c`))
	f.Fuzz(func(t *testing.T, data []byte) {
		holds(t, As(NameLinkTable, 40, data), data)
		holds(t, As(NameLinks, 40, data), data)
	})
}
