package payload_test

import (
	"encoding/hex"
	"math"
	"reflect"
	"testing"
	"unicode/utf8"

	"coapscope/protocol/payload"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		name   string
		format int
		data   string
		want   []payload.Found
	}{
		{"text", 0, "21.4", []payload.Found{{Value: 21.4}}},
		{"text with a unit", 0, "22.3 C", []payload.Found{{Value: 22.3, Unit: "°C"}}},
		{"text with names", 0, "T=21.4 C; H: 40 %", []payload.Found{{Path: "T", Value: 21.4, Unit: "°C"}, {Path: "H", Value: 40, Unit: "%"}}},
		{"text without names", 0, "1.5, -2", []payload.Found{{Path: "#1", Value: 1.5}, {Path: "#2", Value: -2}}},
		{"names follow", 0, "a=1 b=2", []payload.Found{{Path: "a", Value: 1}, {Path: "b", Value: 2}}},
		{"neither a date nor a version", 0, "firmware v2.3.1 of 2024-01-02", nil},
		{"words", 0, "open", nil},
		{"JSON", 50, `{"u":"Cel","hist":[1,2],"t":21.5,"a b":{"v":3}}`, []payload.Found{{Path: "t", Value: 21.5, Unit: "°C"}, {Path: "hist[0]", Value: 1}, {Path: "hist[1]", Value: 2}, {Path: `["a b"].v`, Value: 3}}},
		{"a JSON number", 50, `7`, []payload.Found{{Value: 7}}},
		{"a key twice", 50, `{"a":1,"a":2}`, []payload.Found{{Path: "a", Value: 1}}},
		{"broken JSON", 50, `{"a":1`, nil},
		{
			"SenML", 110, `[{"bn":"urn:x:","bu":"Cel","bv":20,"n":"temp","v":1},{"n":"hum","u":"%RH","v":40},{"n":"flow","s":5,"u":"l"}]`,
			[]payload.Found{{"temp", 21, "°C", "Cel"}, {"hum", 60, "%", "%RH"}, {"flow sum", 5, "l", "l"}},
		},
		{"SenML of one record", 110, `[{"n":"urn:x:t","u":"Cel","v":1}]`, []payload.Found{{"urn:x:t", 1, "°C", "Cel"}}},
		{"SenML CBOR", 112, unhex(t, "82a3216278 3a 006174 02f94100", "a200616802182a"), []payload.Found{{Path: "t", Value: 2.5}, {Path: "h", Value: 42}}},
		{"CBOR with numbers as keys", 60, unhex(t, "a2011864 02f5"), []payload.Found{{Path: "1", Value: 100}}},
	} {
		if got := payload.Numbers(c.format, []byte(c.data)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func unhex(t *testing.T, texts ...string) string {
	t.Helper()
	all := ""
	for _, text := range texts {
		for _, r := range text {
			if r != ' ' {
				all += string(r)
			}
		}
	}
	b, err := hex.DecodeString(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"21.4 C", "T=1; H: 40 %", `[{"bn":"a","v":1},{"n":"b","v":2}]`, `{"a":[1,{"b":2}]}`, "\x82\xa2\x00at\x02\x01\xa2\x00ah\x02\x02", "\xbf\x01\x02\xff"} {
		for _, format := range []int{-1, 0, 50, 60, 110, 112} {
			f.Add(format, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		found := payload.Numbers(format, data)
		value, _, one := payload.Number(format, data)
		if len(found) > 64 {
			t.Fatalf("%d numbers", len(found))
		}
		if one && len(found) == 0 {
			t.Fatalf("Number finds %v, Numbers nothing", value)
		}
		seen := map[string]bool{}
		for _, n := range found {
			if math.IsNaN(n.Value) || seen[n.Path] || utf8.Valid(data) && !utf8.ValidString(n.Path) {
				t.Fatalf("%+v among %v", n, found)
			}
			seen[n.Path] = true
		}
	})
}
