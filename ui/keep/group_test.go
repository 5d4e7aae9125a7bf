package keep

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pelletier/go-toml/v2"
	"pgregory.net/rapid"
)

// sameAddresses compares addresses as values.
var sameAddresses = cmpopts.EquateComparable(netip.AddrPort{})

func anyGroup() *rapid.Generator[Group] {
	return rapid.Custom(func(t *rapid.T) Group {
		word := rapid.OneOf(rapid.StringMatching(`[a-z0-9.:\[\]%]{1,20}`), anyText()).Filter(func(s string) bool { return checkWord(s) == nil })
		g := Group{Name: rapid.StringMatching(`[A-Za-zäöü0-9 ]{0,10}[a-z]`).Filter(func(s string) bool { return CheckName(s) == nil }).Draw(t, "name")}
		g.Members = rapid.SliceOfN(word, 0, 6).Draw(t, "members")
		if len(g.Members) == 0 {
			g.Members = nil
		}
		if rapid.Bool().Draw(t, "multicast") {
			addr := netip.AddrFrom4([4]byte{byte(rapid.IntRange(224, 239).Draw(t, "first")), rapid.Byte().Draw(t, "a"), 1, 187})
			if rapid.Bool().Draw(t, "IPv6") {
				addr = netip.AddrFrom16([16]byte{0xff, rapid.Byte().Draw(t, "scope"), 15: rapid.Byte().Draw(t, "id")})
			}
			g.Multicast = netip.AddrPortFrom(addr, uint16(rapid.IntRange(1, 65535).Draw(t, "port")))
			if g.Interfaces = rapid.SliceOfN(word, 0, 3).Draw(t, "interfaces"); len(g.Interfaces) == 0 {
				g.Interfaces = nil
			}
			g.HopLimit, g.Rate = rapid.IntRange(0, 255).Draw(t, "hops"), rapid.IntRange(0, maxRate).Draw(t, "rate")
		}
		return g
	})
}

// Every group can be written, is read back as it was, and the file is TOML to others too.
func TestGroupRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGroup().Draw(t, "group")
		text := WriteGroup(&g, nil)
		back, err := ReadGroup(g.Name, text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if !back.Equal(&g) {
			t.Fatal(cmp.Diff(g, back, sameAddresses))
		}
		if again := WriteGroup(&back, text); string(again) != string(text) {
			t.Fatalf("%s\n%s", text, again)
		}
		if err := toml.Unmarshal(text, &map[string]any{}); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

func TestReadGroup(t *testing.T) {
	g, err := ReadGroup("All lights", []byte("# upstairs\nmulticast = \"[ff05::fd]:61616\"\ninterfaces = [\"eth0\"]\nhop-limit = 4\nrate = 1_000\nmembers = [\n  \"192.0.2.1\", # kitchen\n  \"Living room\",\n]\n"))
	want := Group{Name: "All lights", Multicast: netip.MustParseAddrPort("[ff05::fd]:61616"), Interfaces: []string{"eth0"}, HopLimit: 4, Rate: 1000, Members: []string{"192.0.2.1", "Living room"}}
	if err != nil || !g.Equal(&want) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, g, sameAddresses))
	}
	for text, problem := range map[string]string{
		"multicast = \"192.0.2.1\"":      "line 1, multicast: 192.0.2.1 is no multicast address",
		"multicast = \"lamp\"":           `"lamp" is no address`,
		"multicast = \"ff02::fd%eth0\"":  "the zone eth0 is the name of an interface",
		"multicast = 5":                  "a text in quotes is expected",
		"\nhop-limit = 256":              "line 2, hop-limit: a number from 1 to 255",
		"hop-limit = 5":                  "for a multicast address only",
		"rate = \"5\"":                   "a number from 1 to",
		"members = \"a\"":                "a list of texts is expected",
		"members = [\n\"a\",\n\" \",\n]": "line 3, members",
		"[members]":                      "there is no table",
		"colour = 1":                     "and nothing else",
		"a = ":                           "line 1",
	} {
		if _, err := ReadGroup("x", []byte(text)); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %v, not %q", text, err, problem)
		}
	}
}

func TestParseMulticast(t *testing.T) {
	for text, want := range map[string]string{
		"224.0.1.187": "224.0.1.187:5683 ", "ff02::fd": "[ff02::fd]:5683 ", "[ff05::fd]": "[ff05::fd]:5683 ", " [ff02::fd%eth0]:61616 ": "[ff02::fd]:61616 eth0",
		"224.0.1.187:1": "224.0.1.187:1 ", "::ffff:224.0.1.187": "224.0.1.187:5683 ",
	} {
		if group, zone, err := ParseMulticast(text); err != nil || group.String()+" "+zone != want {
			t.Errorf("%q: %v %q %v", text, group, zone, err)
		}
	}
	for _, text := range []string{"", "lamp", "192.0.2.1", "[ff02::fd]:0", "fe80::1", "224.0.1.187:99999"} {
		if group, _, err := ParseMulticast(text); err == nil || group.IsValid() {
			t.Errorf("%q: %v", text, group)
		}
	}
}

func TestGroupsAreKept(t *testing.T) {
	dir := t.TempDir()
	s, _ := Open(PlacesIn(dir))
	defer s.Close()
	lights := Group{Name: "All lights", Multicast: netip.MustParseAddrPort("[ff05::fd]:5683"), Members: []string{"192.0.2.1"}}
	if err := s.SaveGroup(&lights, ""); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "groups", "All lights.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// A comment of the user's stays, whatever is written, and when the group is renamed.
	if err := os.WriteFile(file, append([]byte("# upstairs\n"), text...), 0o644); err != nil {
		t.Fatal(err)
	}
	lights.Name, lights.HopLimit = "Lights", 8
	if err := s.SaveGroup(&lights, "All lights"); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(filepath.Join(dir, "groups", "Lights.toml")); err != nil || !strings.HasPrefix(string(text), "# upstairs\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of the old name: %v", err)
	}
	lights.Name = "LIGHTS" // which is the same file on some systems
	if err := s.SaveGroup(&lights, "Lights"); err != nil {
		t.Error(err)
	}
	fans := Group{Name: "Fans", Members: []string{"192.0.2.2"}}
	if err := s.SaveGroup(&fans, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveGroup(&Group{Name: "Fans"}, "LIGHTS"); !errors.As(err, new(*ExistsError)) {
		t.Errorf("a name that another group has: %v", err)
	}
	// One that is damaged is told of, stays as it is, and is not replaced.
	bad := filepath.Join(dir, "groups", "Bad.toml")
	if err := os.WriteFile(bad, []byte("members = 5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := s.Groups()
	if err == nil || !strings.Contains(err.Error(), "Bad.toml: line 1, members") {
		t.Errorf("a bad file: %v", err)
	}
	if diff := cmp.Diff([]Group{fans, lights}, all, sameAddresses); diff != "" {
		t.Error(diff)
	}
	if err := s.SaveGroup(&Group{Name: "Bad"}, ""); err == nil || !strings.Contains(err.Error(), "not replaced") {
		t.Errorf("over a bad file: %v", err)
	}
	if text, err := os.ReadFile(bad); err != nil || string(text) != "members = 5\n" {
		t.Errorf("%v %q", err, text)
	}
	if err := s.DeleteGroup("Fans"); err != nil {
		t.Error(err)
	}
	if all, _ := s.Groups(); len(all) != 1 || all[0].Name != "LIGHTS" {
		t.Errorf("%v", all)
	}
}

func FuzzReadGroup(f *testing.F) {
	f.Add([]byte("multicast = \"[ff05::fd]:5683\"\ninterfaces = [\"eth0\"]\nhop-limit = 4\nrate = 1000\nmembers = [\n\"192.0.2.1\", # kitchen\n]\n"))
	f.Add([]byte("members = [{ base64 = \"/w==\" }]"))
	f.Add([]byte("hop-limit = 0x1F"))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := ReadGroup("x", text)
		if err != nil {
			if !errors.As(err, new(*SyntaxError)) {
				t.Errorf("%T %v", err, err)
			}
			return
		}
		back, err := ReadGroup("x", WriteGroup(&g, text))
		if err != nil || !back.Equal(&g) {
			t.Errorf("%v\n%+v\n%+v", err, g, back)
		}
	})
}

// The page about the files is right.
func TestGroupPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/collections.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## Groups\n\n")
	example, _, _ := strings.Cut(rest, "\n\nThe file")
	example = strings.TrimPrefix(strings.ReplaceAll("\n"+example, "\n    ", "\n"), "\n") + "\n"
	g, err := ReadGroup("All lights", []byte(example))
	if err != nil || len(g.Members) != 3 || g.HopLimit != 8 {
		t.Fatalf("%+v %v", g, err)
	}
	if got := string(WriteGroup(&g, []byte(example))); got != example {
		t.Errorf("the example is written as\n%s\nand not\n%s", got, example)
	}
}
