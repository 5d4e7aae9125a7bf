package payload

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// maxAllocated is what laying out 1 MB may allocate.
const maxAllocated = 64 << 20

// Not time but what costs it is asserted, which is the same on a busy machine: memory, lines, and the bytes in them.
func TestViewsOfHostilePayloadsAreBounded(t *testing.T) {
	for name, data := range hostile() {
		for _, view := range Names() {
			formats := []int{NoFormat}
			switch {
			case view == NameJSON && data[0] >= 0x80: // CBOR as JSON
				formats = []int{60}
			case view == NameSenML && strings.HasPrefix(name, "SenML CBOR"):
				formats = []int{112, 322}
			}
			for _, format := range formats {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				v := As(view, format, data)
				lines := v.Len()
				runtime.ReadMemStats(&after)
				if n := after.TotalAlloc - before.TotalAlloc; n > maxAllocated {
					t.Errorf("%s, format %d, %s: %d MB allocated", name, format, view, n>>20)
				}
				most := maxLines + 8
				switch view {
				case NameText:
					most = maxTextLines
				case NameHex:
					most = (len(data) + 15) / 16
				}
				if lines > most {
					t.Errorf("%s, format %d, %s: %d lines", name, format, view, lines)
				}
				if v.Truncated() && v.Note() == "" {
					t.Errorf("%s, format %d, %s: truncated without a note", name, format, view)
				}
				for _, i := range []int{0, 1, lines / 2, lines - 1} {
					if n := len(v.Line(i).String()); n > 400_000 {
						t.Errorf("%s, format %d, %s: line %d has %d bytes", name, format, view, i, n)
					}
				}
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		Render(NoFormat, data)
		Summary(NoFormat, data)
		Number(NoFormat, data)
		Contradicts(50, data)
		Contradicts(60, data)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
			t.Errorf("%s: %d MB allocated to rank views and for lists", name, n>>20)
		}
	}
}

// BenchmarkLayout lays out 1 MB as devices might send it.
func BenchmarkLayout(b *testing.B) {
	const n = 1 << 20
	fill := func(begin, unit, end string) []byte {
		return []byte(begin + strings.Repeat(unit, n/len(unit)) + end)
	}
	for _, tt := range []struct {
		view   string
		format int
		data   []byte
	}{
		{NameText, 0, fill("", "21.4 °C at the door\n", "")},
		{NameHex, 42, fill("", "0123456789abcdef", "")},
		{NameJSON, 50, fill("[", `{"id": 12, "name": "door", "open": false, "at": [1.5, 2.5]},`, "0]")},
		{NameCBOR, 60, fill("\x9f", "\xa3\x62id\x0c\x64name\x64door\x62at\x82\xf9\x3e\x00\xf9\x41\x00", "\xff")},
		{NameCBOR, 63, fill("", "\xa2\x62id\x0c\x64name\x64door", "")},
		{NameJSON, 60, fill("\x9f", "\xa3\x62id\x0c\x64name\x64door\x62at\x82\xf9\x3e\x00\xf9\x41\x00", "\xff")},
		{NameSenML, 110, fill("[", `{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1,"t":-5},`, `{"n":"a","v":1}]`)},
		{NameSenML, 112, fill("\x9f", "\xa3\x00\x6ctemperature1\x01\x63Cel\x02\xf9\x4d\x60", "\xff")},
		{NameProblem, 257, fill("\xbf\x20\x61a", "\x0c\xa2\x00\x64name\x01\x64door", "\xff")},
		{NameLinkTable, 40, fill("", `</sensors/temp>;rt="temperature-c";if="sensor";ct=50;obs,`, "</a>")},
		{NameLinks, 40, fill("", `</sensors/temp>;rt="temperature-c";if="sensor";ct=50;obs,`, "</a>")},
		{NameXML, 41, fill("<a>", `<sensor id="12"><name>door</name><open/></sensor>`, "</a>")},
	} {
		b.Run(fmt.Sprintf("%s/%d", tt.view, tt.format), func(b *testing.B) {
			b.SetBytes(int64(len(tt.data)))
			b.ReportAllocs()
			for b.Loop() {
				As(tt.view, tt.format, tt.data).Len()
			}
		})
	}
}
