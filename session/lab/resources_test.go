package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

func accept(f message.MediaType) message.Option { return opt(message.Accept, int(f)) }

func format(f message.MediaType) message.Option { return opt(message.ContentFormat, int(f)) }

func TestFilters(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	for query, want := range map[string]string{
		"rt=Type1":           "/link1 /link3",
		"rt=Type2":           "/link1 /link2",
		"rt=Type2*":          "/link1 /link2",
		"rt=Type*":           "/link1 /link2 /link3",
		"rt=Type1%20Type2":   "", // taken literally here: options carry no percent-encoding
		"if=If*":             "/link1 /link2",
		"if=foo":             "/link3",
		"sz=18":              "/link1 /link2",
		"href=/link1":        "/link1",
		"href=/link*":        "/link1 /link2 /link3",
		"href=/path/*":       "/path/sub1 /path/sub2 /path/sub3",
		"ct=41":              "/multi-format",
		"ct=40":              "/path",
		"title=Above*":       "",
		"title=Has an ETag":  "/validate",
		"foo=bar":            "",
		"foo":                "",
		"rt=observe&obs":     "/obs /obs-non /obs-large /obs-pumping /obs-pumping-non /obs-reset",
		"rt=block&sz=1700":   "/large /large-update",
		"href=/nothing*":     "",
		"rt=Type1&rt=Type2":  "/link1",
		"rt=lab.hierarchy*":  "/path",
		"href=/":             "/",
		"ct=4":               "",
		"obs=anything":       "",
		"title=Link test*":   "/link1 /link2 /link3",
		"if=core.ll":         "/path",
		"rt=lab.device&ct=0": "/",
	} {
		var got []string
		for _, link := range strings.Split(string(p.download(".well-known/core?"+query, 6)), ",") {
			if target, _, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">"); ok {
				got = append(got, target)
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: -want +got\n%s", query, diff)
		}
	}
	p.get(".well-known/core", accept(message.TextPlain)).is(t, "4.06")
}

// Whatever a device lists is there, in the formats that it says, and as large as it says.
func TestLinksTellTheTruth(t *testing.T) {
	l, _ := startLab(t)
	for _, d := range l.devices {
		if d.Name == "difficult" {
			continue
		}
		p := newPeer(t, l, d.Name)
		core := string(p.download(".well-known/core", 6))
		for _, path := range slices.Clone(d.order) {
			res := d.resources[path]
			if res.hidden {
				continue
			}
			if !strings.Contains(core, "</"+path+">;") || res.title == "" || res.rt == "" {
				t.Errorf("%s /%s: incomplete in %q", d.Name, path, core)
			}
			if exists, _ := res.state(); !exists || res.methods[codes.GET] == nil {
				continue
			}
			for i, f := range res.ct {
				options := []message.Option{blockOpt(message.Block2, 0, false, 6), accept(f)}
				if i == 0 {
					options = options[:1] // the first is the default
				}
				p.mid++
				r := &request{header: header{typ: message.Confirmable, code: codes.GET, mid: p.mid}, peer: d.Addr}
				for _, s := range strings.Split(path, "/") {
					if s != "" {
						r.options = r.options.Add(opt(message.URIPath, s))
					}
				}
				for _, o := range options {
					r.options = r.options.Add(o)
				}
				d.mu.Lock()
				resp := d.answer(r)
				d.mu.Unlock()
				if got, err := resp.options.ContentFormat(); err != nil || got != f || resp.code != codes.Content {
					t.Errorf("%s /%s: %v in format %v, want %v", d.Name, path, resp.code, got, f)
				}
				size, _ := resp.options.GetUint32(message.Size2)
				if res.sz != nil && d.Name != "plugtest" && int(size) != res.sz() {
					t.Errorf("%s /%s: sz=%d, but it has %d octets", d.Name, path, res.sz(), size)
				}
			}
		}
	}
}

func TestSensor(t *testing.T) {
	l, clock := startLab(t)
	p := newPeer(t, l, "livingroom-node")
	before := p.get("sensors/temp").is(t, "2.05")
	if before.option(message.ContentFormat) != "3c" || before.option(message.MaxAge) != "04" {
		t.Errorf("format %s, Max-Age %s", before.option(message.ContentFormat), before.option(message.MaxAge))
	}
	var inCBOR, inJSON reading
	if err := cbor.Unmarshal(before.payload, &inCBOR); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(p.get("sensors/temp", accept(message.AppJSON)).is(t, "2.05").payload, &inJSON); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(inCBOR, inJSON); diff != "" {
		t.Errorf("CBOR and JSON differ:\n%s", diff)
	}
	if inCBOR.Unit != "Cel" || len(inCBOR.History) != 10 || inCBOR.Value < 15 || inCBOR.Value > 28 {
		t.Errorf("%+v", inCBOR)
	}
	p.get("sensors/temp", accept(message.TextPlain)).want(t, "2.05", fmt.Sprintf("%.1f", inCBOR.Value))
	p.get("sensors/temp", accept(message.AppXML)).is(t, "4.06")

	var pack []record
	if err := json.Unmarshal(p.get("sensors/senml").is(t, "2.05").payload, &pack); err != nil || len(pack) != 3 {
		t.Fatalf("%v, %v", pack, err)
	}
	var raw []map[any]any
	if err := cbor.Unmarshal(p.get("sensors/senml", accept(formatSenMLCBOR)).is(t, "2.05").payload, &raw); err != nil {
		t.Fatal(err)
	}
	if raw[0][int64(-2)] != pack[0].BaseName || raw[0][uint64(2)] != pack[0].Value || pack[0].Value != inCBOR.Value {
		t.Errorf("%v and %v", raw[0], pack[0])
	}

	p.get("sensors/temp", opt(message.ETag, before.etag(t))).want(t, "2.03", "")
	clock.advance(2 * time.Second)
	after := p.get("sensors/temp", opt(message.ETag, before.etag(t))).is(t, "2.05")
	var later reading
	if err := cbor.Unmarshal(after.payload, &later); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(inCBOR.History[1:], inCBOR.Value), later.History); diff != "" {
		t.Errorf("history does not move on by one: -want +got\n%s", diff)
	}
	if log := p.download("sensors/log", 6); len(log) != logSize || log[logSize-1] != '\n' || strings.Count(string(log), "\n") != logSize/48 {
		t.Errorf("log of %d octets", len(log))
	}
}

func TestActuator(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "actuator")
	p.get("actuators/led").want(t, "2.05", "off")
	p.do(codes.PUT, "actuators/led", "on").is(t, "2.04")
	p.do(codes.PUT, "actuators/led", `{"brightness":30}`, format(message.AppJSON)).is(t, "2.04")
	p.get("actuators/led", accept(message.AppJSON)).want(t, "2.05", `{"on":true,"brightness":30,"color":"#ffd8a0"}`)
	p.do(codes.PUT, "actuators/led", "perhaps").is(t, "4.00")
	p.do(codes.PUT, "actuators/led", `{"brightness":`, format(message.AppJSON)).is(t, "4.00")
	p.do(codes.PUT, "actuators/led", `{"brightness":300}`, format(message.AppJSON)).is(t, "4.00")
	p.do(codes.PUT, "actuators/led", "<on/>", format(message.AppXML)).is(t, "4.15")
	p.do(codes.DELETE, "actuators/led", "").is(t, "4.05")

	tag := p.get("actuators/led").etag(t)
	p.do(codes.PUT, "actuators/led", "off", opt(message.IfMatch, []byte("wrong"))).is(t, "4.12")
	p.do(codes.PUT, "actuators/led", "off", opt(message.IfMatch, []byte("wrong")), opt(message.IfMatch, tag)).is(t, "2.04")
	p.do(codes.PUT, "actuators/led", "on", opt(message.IfMatch, tag)).is(t, "4.12") // no longer the tag
	p.do(codes.PUT, "actuators/led", "on", opt(message.IfMatch, "")).is(t, "2.04")  // any will do
	p.do(codes.PUT, "actuators/led", "off", opt(message.IfNoneMatch, "")).is(t, "4.12")

	p.get("actuators/firmware").is(t, "4.04")
	p.do(codes.PUT, "actuators/firmware", "image", format(message.AppOctets), opt(message.IfMatch, "")).is(t, "4.12")
	p.do(codes.PUT, "actuators/firmware", "image", format(message.AppOctets), opt(message.IfNoneMatch, "")).is(t, "2.01")
	p.do(codes.PUT, "actuators/firmware", "image2", format(message.AppOctets)).is(t, "2.04")
	p.get("actuators/firmware").want(t, "2.05", "image2")
	p.do(codes.DELETE, "actuators/firmware", "").is(t, "2.02")
	p.get("actuators/firmware").is(t, "4.04")
}

func TestRules(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "actuator")
	p.do(codes.PUT, "rules/1", "by name").is(t, "2.01")
	made := p.do(codes.POST, "rules", "if dark then on").is(t, "2.01")
	if location := (&request{options: made.options}).strings(message.LocationPath); !slices.Equal(location, []string{"rules", "2"}) {
		t.Fatalf("Location-Path %q", location)
	}
	p.get("rules/2").want(t, "2.05", "if dark then on")
	p.get("rules").want(t, "2.05", `</rules/1>;rt="lab.rule";if="core.p";ct=0;obs;title="Rule 1",`+
		`</rules/2>;rt="lab.rule";if="core.p";ct=0;obs;title="Rule 2"`)
	if !strings.Contains(string(p.download(".well-known/core", 6)), "</rules/2>") {
		t.Error("a new rule is not listed")
	}
	tag := p.get("rules/2").etag(t)
	p.do(codes.PUT, "rules/2", "{}", format(message.AppJSON), opt(message.IfMatch, tag)).is(t, "2.04")
	p.do(codes.PUT, "rules/2", "x", opt(message.IfMatch, tag)).is(t, "4.12")
	p.do(codes.PUT, "rules/2", "x", opt(message.IfNoneMatch, "")).is(t, "4.12")
	p.do(codes.PUT, "rules/three", "x", opt(message.IfNoneMatch, "")).is(t, "2.01")
	p.do(codes.PUT, "rules/four", "x", opt(message.IfMatch, tag)).is(t, "4.12")
	p.do(codes.POST, "rules", "<x/>", format(message.AppXML)).is(t, "4.15")

	_, token := p.observe("rules/2")
	newPeer(t, l, "actuator").do(codes.DELETE, "rules/2", "").is(t, "2.02")
	if g := p.receive().is(t, "4.04"); string(g.token) != string(token) {
		t.Errorf("token %x", g.token)
	}
	p.get("rules/2").is(t, "4.04")
	p.do(codes.DELETE, "rules/2", "").is(t, "2.02")
	p.get("rules/a/b").is(t, "4.04")
	for range maxRules {
		p.do(codes.POST, "rules", "x")
	}
	p.do(codes.POST, "rules", "x").is(t, "5.00")
}

func TestStore(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "store")
	sum := sha256.Sum256(Blob(7, 100_000))
	p.get("blobs/100k.sha256").want(t, "2.05", hex.EncodeToString(sum[:]))
	p.do(codes.PUT, "upload", "abc").is(t, "2.04")
	p.get("upload.sha256").want(t, "2.05", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
	p.do(codes.DELETE, "upload", "").is(t, "2.02")
	p.get("upload").want(t, "2.05", "")

	p.do(codeFETCH, "settings", `["interval","none"]`, format(message.AppJSON)).want(t, "2.05", `{"interval":60}`)
	p.do(codeFETCH, "settings", `interval`, format(message.TextPlain)).is(t, "4.15")
	p.do(codeFETCH, "settings", `{}`, format(message.AppJSON)).is(t, "4.00")
	p.do(codePATCH, "settings", `{"interval":5,"verbose":null,"net":{"a":1,"b":2}}`, format(formatMergePatch)).is(t, "2.04")
	p.do(codeIPATCH, "settings", `{"net":{"a":null}}`, format(formatMergePatch)).is(t, "2.04")
	p.get("settings").want(t, "2.05", `{"interval":5,"name":"store","net":{"b":2}}`)
	p.do(codePATCH, "settings", `{"interval":6}`, format(message.AppJSON)).is(t, "4.15")
	p.do(codePATCH, "settings", `{"":6}`, format(formatMergePatch)).is(t, "4.22")
	p.do(codePATCH, "settings", `{"x":6}`, format(formatMergePatch), opt(message.IfMatch, "old")).is(t, "4.12")
}

func TestPlugtest(t *testing.T) {
	l, _ := startLab(t)
	p := newPeer(t, l, "plugtest")
	p.get("test").want(t, "2.05", fmt.Sprintf("Type: CON\nCode: 0.01\nMID: %d\nToken: %04x\nUri-Path: /test\n", p.mid, p.mid))
	p.do(codes.PUT, "test", "x").is(t, "2.04")
	made := p.do(codes.POST, "test", "x").is(t, "2.01")
	if got := (&request{options: made.options}).strings(message.LocationPath); !slices.Equal(got, []string{"location1", "location2", "location3"}) {
		t.Errorf("Location-Path %q", got)
	}
	p.do(codes.DELETE, "test", "").is(t, "2.02")
	p.get("seg1/seg2/seg3").is(t, "2.05")
	if g := p.get("query?first=1&second=2&third=3").is(t, "2.05"); !strings.Contains(string(g.payload), "first=1\nUri-Query: second=2\nUri-Query: third=3") {
		t.Errorf("%s", g.payload)
	}
	created := p.do(codes.POST, "location-query", "x").is(t, "2.01")
	if got := (&request{options: created.options}).strings(message.LocationQuery); !slices.Equal(got, []string{"first=1", "second=2"}) {
		t.Errorf("Location-Query %q", got)
	}
	if g := p.get("multi-format", accept(message.AppXML)).is(t, "2.05"); g.option(message.ContentFormat) != "29" {
		t.Errorf("format %s", g.option(message.ContentFormat))
	}
	p.get("multi-format", accept(message.AppJSON)).is(t, "4.06")

	tag := p.get("validate").etag(t)
	p.get("validate", opt(message.ETag, tag)).want(t, "2.03", "")
	p.do(codes.PUT, "validate", "new", opt(message.IfMatch, tag)).is(t, "2.04")
	p.get("validate", opt(message.ETag, tag)).want(t, "2.05", "new")
	p.do(codes.PUT, "validate", "newer", opt(message.IfMatch, tag)).is(t, "4.12")
	p.get("create1").is(t, "4.04")
	p.do(codes.PUT, "create1", "x", opt(message.IfNoneMatch, "")).is(t, "2.01")
	p.do(codes.PUT, "create1", "y", opt(message.IfNoneMatch, "")).is(t, "4.12")
	p.get("create1").want(t, "2.05", "x")

	p.get("path").want(t, "2.05", `</path/sub1>;rt="lab.test";ct=0;title="Below /path",</path/sub2>;rt="lab.test";ct=0;title="Below /path",`+
		`</path/sub3>;rt="lab.test";ct=0;title="Below /path"`)
	if got := p.download("large", 0); string(got) != string(lines(1700)) {
		t.Error("/large in blocks of 16 octets differs")
	}
	body := lines(2500)
	p.upload(codes.POST, "large-create", body, 5).is(t, "2.01")
	if got := p.download("large-create", 6); string(got) != string(body) {
		t.Error("/large-create does not give back what was posted")
	}
	p.do(codes.PUT, "obs", "mine").is(t, "2.04")
	p.get("obs").want(t, "2.05", "mine")
}
