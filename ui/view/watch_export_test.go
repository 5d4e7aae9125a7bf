package view

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
)

// exportable is what three observations brought: SenML with a late notification, percents in text, and words.
func exportable(t *testing.T) []*Watched {
	t.Helper()
	at := time.Date(2026, 11, 30, 12, 0, 0, 250_000_000, time.UTC)
	notified := func(o *Watched, seq uint32, fresh bool, format uint64, body string) {
		m := protocol.Message{Code: protocol.Content, Payload: []byte(body)}
		m.Options = m.Options.SetUint(protocol.ContentFormatOption, format)
		now := at.Add(time.Duration(seq) * time.Second)
		o.takeAt(session.Notification{Message: m, Sequence: seq, Fresh: fresh, At: now, Expires: now.Add(time.Minute), Frame: trace.Seq(10 * seq)}, now)
	}
	room := newWatched("-node, \"1\"", session.Request{}, "/room?a=1", at)
	notified(room, 1, true, 110, `[{"n":"t","u":"Cel","v":21.5},{"n":"h","u":"%RH","v":40}]`)
	notified(room, 3, true, 110, `[{"n":"t","u":"Cel","v":22},{"n":"h","u":"%RH","v":41}]`)
	notified(room, 2, false, 110, `[{"n":"t","u":"Cel","v":99},{"n":"h","u":"%RH","v":1}]`)
	level := newWatched("tank", session.Request{}, "/level", at)
	notified(level, 1, true, 0, "45 %")
	door := newWatched("", session.Request{}, "/door", at)
	notified(door, 1, true, 0, "=open")
	notified(door, 2, true, 0, "closed")
	return []*Watched{room, level, door}
}

func exports(t *testing.T, format WatchFormat, items []*Watched) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteWatched(&out, format, items); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWatchedAsCSV(t *testing.T) {
	want := `time,device,path,number,value,unit,text,mark,packet,variant
2026-11-30T12:00:01.25Z,"'-node, ""1""",/room?a=1,t,21.5,°C,,,10,
2026-11-30T12:00:01.25Z,"'-node, ""1""",/room?a=1,h,40,%,,,10,
2026-11-30T12:00:02.25Z,"'-node, ""1""",/room?a=1,,99,,,came too late: a newer one was there (RFC 7641 §3.4),20,
2026-11-30T12:00:03.25Z,"'-node, ""1""",/room?a=1,t,22,°C,,,30,
2026-11-30T12:00:03.25Z,"'-node, ""1""",/room?a=1,h,41,%,,,30,
2026-11-30T12:00:01.25Z,tank,/level,,45,%,,,10,
2026-11-30T12:00:01.25Z,invalid AddrPort,/door,,,,'=open,,10,
2026-11-30T12:00:02.25Z,invalid AddrPort,/door,,,,closed,,20,
`
	if got := exports(t, WatchCSV, exportable(t)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWatchedAsJSONLines(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(exports(t, WatchJSONL, exportable(t))), "\n")
	want := []string{
		`{"time":"2026-11-30T12:00:01.25Z","device":"-node, \"1\"","path":"/room?a=1","number":"t","value":21.5,"unit":"°C","packet":10}`,
		`{"time":"2026-11-30T12:00:02.25Z","device":"-node, \"1\"","path":"/room?a=1","value":99,"mark":"came too late: a newer one was there (RFC 7641 §3.4)","packet":20}`,
		`{"time":"2026-11-30T12:00:01.25Z","device":"invalid AddrPort","path":"/door","text":"=open","packet":10}`,
	}
	if len(lines) != 8 || lines[0] != want[0] || lines[2] != want[1] || lines[6] != want[2] {
		t.Errorf("got\n%s", strings.Join(lines, "\n"))
	}
}

// The pack is one that this program reads as what it was made of; times are absolute, and 45 % are 0.45 (RFC 8428 §12.1).
func TestWatchedAsSenML(t *testing.T) {
	want := `[
{"bn":"x-node___1_/room_a_1:","n":"t","u":"Cel","t":1796040001.25,"v":21.5},
{"n":"h","u":"%RH","t":1796040001.25,"v":40},
{"n":"t","u":"Cel","t":1796040003.25,"v":22},
{"n":"h","u":"%RH","t":1796040003.25,"v":41},
{"bn":"tank/level","u":"/","t":1796040001.25,"v":0.45},
{"bn":"invalid_AddrPort/door","t":1796040001.25,"vs":"=open"},
{"t":1796040002.25,"vs":"closed"}
]
`
	got := exports(t, WatchSenML, exportable(t))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !json.Valid([]byte(got)) {
		t.Error("it is no JSON")
	}
}

// Nothing of an observation is a number that JSON cannot write.
func TestWatchedWithoutNaN(t *testing.T) {
	for _, body := range []string{"\xf9\x7e\x00", "\xf9\x7c\x00", "\xa1\x61t\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00"} {
		o := newWatched("node", session.Request{}, "/x", time.Unix(1, 0))
		m := protocol.Message{Code: protocol.Content, Payload: []byte(body)}
		m.Options = m.Options.SetUint(protocol.ContentFormatOption, 60)
		o.takeAt(session.Notification{Message: m, Sequence: 1, Fresh: true, At: time.Unix(2, 0)}, time.Unix(2, 0))
		for _, s := range o.series {
			if last, _ := s.Last(); math.IsNaN(last.Value) || math.IsInf(last.Value, 0) {
				t.Errorf("%x brings %v", body, last.Value)
			}
		}
		for format := range WatchFormats {
			exports(t, WatchFormat(format), []*Watched{o})
		}
	}
}
