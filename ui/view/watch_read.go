package view

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"coapscope/protocol"
	"coapscope/session"
)

// recordedLine is a line of a recording.
type recordedLine struct {
	Coapscope string `json:"coapscope"`
	Version   int    `json:"version"`

	Watch   int    `json:"watch"`
	To      string `json:"to"`
	Path    string `json:"path"`
	Device  string `json:"device"`
	Variant string `json:"variant"`
	Joins   int    `json:"joins"`

	W      int       `json:"w"`
	T      int64     `json:"t"`
	Seq    uint32    `json:"seq"`
	Fresh  bool      `json:"fresh"`
	Reg    bool      `json:"reg"`
	Until  int64     `json:"until"`
	Cut    string    `json:"cut"`
	Format *uint16   `json:"cf"`
	P      []byte    `json:"p"`
	Mark   *MarkKind `json:"mark"`
	Text   string    `json:"text"`

	Lost int `json:"lost"`
}

// RecordingRead says what a recording has.
type RecordingRead struct {
	Notifications int
	Skipped       int  // lines that cannot be read
	CutOff        bool // the last line was cut off when the program ended
	Lost          int  // notifications that were not recorded because the disk was too slow
}

// maxRecordedLine is the longest line of a recording that is read: a body of 16 MiB in base64, and some.
const maxRecordedLine = 24 << 20

var errNoRecording = errors.New("it is no recording of Coapscope: the first line does not say so")

// ReadRecording reads a recording, and gives its observations as if they had been watched. A line that is cut off or
// damaged is left out; all others count.
func ReadRecording(from io.Reader) ([]*Watched, RecordingRead, error) {
	var read RecordingRead
	byID := make(map[int]*Watched)
	var all []*Watched
	in := bufio.NewReaderSize(from, 1<<20)
	var long []byte
	tooLong := false // what came of the line is forgotten
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, line...); len(long) > maxRecordedLine {
				if n == 1 {
					return nil, read, errNoRecording
				}
				long, tooLong = long[:0], true
			}
			n--
			continue
		}
		if tooLong && err == nil {
			long, tooLong = nil, false
			read.Skipped++
			continue
		}
		if len(long) > 0 {
			line = append(long, line...)
			long = long[:0]
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return all, read, err
		}
		if err != nil {
			read.CutOff = len(line) > 0 || tooLong
			break
		}
		var l recordedLine
		bad := json.Unmarshal(line, &l) != nil
		if n == 1 {
			if bad || l.Coapscope != "recording" {
				return nil, read, errNoRecording
			}
			if l.Version != 1 {
				return nil, read, fmt.Errorf("it has version %d of the format; this program reads version 1", l.Version)
			}
			continue
		}
		if bad {
			read.Skipped++
			continue
		}
		read.Lost += l.Lost
		switch o := byID[max(l.Watch, l.W)]; {
		case l.Watch > 0 && o == nil:
			o = &Watched{Device: l.Device, Path: l.Path, Variant: l.Variant}
			o.To, _ = netip.ParseAddrPort(l.To)
			o.key = "recording " + l.To + " " + l.Path
			byID[l.Watch] = o
			all = append(all, o)
		case l.Watch > 0 && l.Joins > 0:
			if into := byID[l.Joins]; into != nil && into != o {
				into.absorb(o)
				all = slices.DeleteFunc(all, func(other *Watched) bool { return other == o })
				for id, same := range byID {
					if same == o {
						byID[id] = into
					}
				}
			}
		case l.Watch > 0 && l.To != "": // it begins again
			o.To, _ = netip.ParseAddrPort(l.To)
			o.Device, o.broken, o.known = l.Device, true, false
		case l.Watch > 0: // earlier versions told the name by itself
			o.Device = l.Device
		case l.W > 0 && o == nil:
			read.Skipped++
		case l.W > 0:
			o.replay(&l, &read)
		}
	}
	for _, o := range all {
		o.state, o.end, o.next, o.unread = WatchRecorded, nil, time.Time{}, false
	}
	return all, read, nil
}

// replay takes a line as what it was recorded from.
func (o *Watched) replay(l *recordedLine, read *RecordingRead) {
	at := time.Unix(0, l.T)
	if l.Mark != nil {
		o.mu.Lock()
		switch *l.Mark {
		case MarkStalled:
			o.broken, o.stalls = true, o.stalls+1
		case MarkSlept:
			o.broken = true
		case MarkEnded:
			o.broken, o.known = true, false
		}
		o.mark(Mark{At: at, Kind: *l.Mark, Text: l.Text})
		o.mu.Unlock()
		return
	}
	read.Notifications++
	n := session.Notification{At: at, Sequence: l.Seq, Fresh: l.Fresh, Registered: l.Reg, Expires: time.Unix(0, l.Until)}
	n.Message = protocol.Message{Code: protocol.Content, Payload: l.P}
	if l.Format != nil {
		n.Message.Options = n.Message.Options.SetUint(protocol.ContentFormatOption, uint64(*l.Format))
	}
	if l.Cut != "" {
		n.Err = errors.New(l.Cut)
	}
	o.takeAt(n, at)
}

// OpenRecording reads a recording and adds its observations to the list. It returns at once; open is called on another
// goroutine, and what it gives is closed when it is read.
func (w *Workbench) OpenRecording(name string, open func() (io.ReadCloser, error)) {
	w.Say(Dim, "Reading %s …", name)
	go func() {
		var all []*Watched
		var read RecordingRead
		file, err := open()
		if err == nil {
			all, read, err = ReadRecording(file)
			file.Close()
		}
		w.inbox.Put(nil, func() {
			for i, o := range all {
				w.watch.slots++
				o.slot = w.watch.slots - 1
				if o.Device == "" {
					o.Device = w.Devices.Name(o.To)
				}
				o.Shown = i < maxShown
				w.watch.items = append(w.watch.items, o)
			}
			if len(all) > 0 {
				for _, o := range w.watch.items[:len(w.watch.items)-len(all)] {
					o.Shown = false
				}
				w.watch.selected = all[0]
				w.watch.Chart.Whole(w.watch.items)
			}
			text := fmt.Sprintf("%s: %s of %s", name, count(read.Notifications, "notification", "notifications"), count(len(all), "observation", "observations"))
			switch {
			case err != nil:
				w.Say(Error, "%s cannot be read: %v", name, err)
			case read.Skipped > 0:
				w.Say(Warning, "%s; %s cannot be read", text, count(read.Skipped, "line", "lines"))
			case read.Lost > 0:
				w.Say(Warning, "%s; %s were not recorded because the disk was too slow", text, Grouped(read.Lost))
			default:
				w.Say(Good, "%s", text)
			}
			w.Changed(PartWatch)
		})
	}()
}

// RecordInto has what is observed recorded into files of a directory.
func (w *Workbench) RecordInto(dir string) {
	w.watch.dir = dir
	w.SetRecording(true)
	go func() {
		earlier := recordings(dir)
		w.inbox.Put(nil, func() {
			w.watch.earlier = earlier
			if n := bytesIn(earlier); n > manyRecorded {
				w.Say(Warning, "Recordings take %s; the menu Rec above the chart can delete them", Bytes(int(n)))
			}
		})
	}()
}

// Recording gives the recorder that is at work; nil for none.
func (v *Watch) Recording() *Recorder { return v.recorder.Load() }

// RecordingDir is the directory of recordings; empty for none.
func (v *Watch) RecordingDir() string { return v.dir }

// SetRecording begins a new recording of all that is observed, or ends it.
func (w *Workbench) SetRecording(on bool) {
	v := &w.watch
	old := v.recorder.Load()
	if on == (old != nil) || on && v.dir == "" {
		return
	}
	var next *Recorder
	if on {
		next = NewRecorder(v.dir, time.Now())
	}
	v.recorder.Store(next)
	for _, o := range v.items {
		if o.State() == WatchRecorded {
			continue
		}
		id := next.begin(o)
		o.mu.Lock()
		o.recorder, o.id = next, id
		o.mu.Unlock()
	}
	go old.Close()
	w.Changed(PartWatch)
}
