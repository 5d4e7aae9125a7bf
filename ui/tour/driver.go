package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"coapscope/ui/view"
)

const (
	patience = 60 * time.Second       // for what has to happen, on a machine that has much else to do
	effect   = 6 * time.Second        // for what a gesture does at once; then the gesture is made again
	interval = 40 * time.Millisecond  // between looks
	settle   = 250 * time.Millisecond // for a picture of what was just drawn
)

// failed is the picture of a failure.
const failed = "failed"

// Config is what a Driver runs.
type Config struct {
	Binary        string
	Args          []string
	Out           string // directory of the pictures
	Width, Height int    // of the screen, in pixels; 1600 by 1000 for 0
	// Beside has the program share the network of whoever starts it, to find devices there; else it is alone on loopback.
	Beside bool
	Log    io.Writer

	// Fail is called with what went wrong, and must not return: testing.T.Fatal, or runtime.Goexit after
	// the error is kept. The window is in a picture and its texts are in the error by then.
	Fail func(error)
}

// Driver is a user in front of a running program. Its methods are for one goroutine.
type Driver struct {
	Config
	display *display
	program *process
	window  string // id in X
	home    string
	probe   net.Conn
	answers *bufio.Reader
	failing bool
	x, y    int // where the pointer is, in the window
	frames  view.Frames
}

// Start starts the program on a display of its own and waits until its window is there and has the focus. COAPSCOPE_THEME
// has all pictures in that theme.
// Whoever starts a driver closes it, also after a failure.
func Start(ctx context.Context, c Config) (*Driver, error) {
	if c.Width == 0 {
		c.Width, c.Height = 1600, 1000
	}
	d := &Driver{Config: c}
	if err := d.start(ctx); err != nil {
		said := ""
		if d.program != nil {
			said = d.program.said()
		}
		d.Close()
		return nil, fmt.Errorf("%w\n%s", err, said)
	}
	return d, nil
}

func (d *Driver) start(ctx context.Context) (err error) {
	if err := os.MkdirAll(d.Out, 0o755); err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(d.Out, failed+".png")) // of an earlier run
	if d.home, err = os.MkdirTemp("", "coapscope-tour-"); err != nil {
		return err
	}
	environment := []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC", "LIBGL_ALWAYS_SOFTWARE=1",
		"HOME=" + d.home, "TMPDIR=" + d.home,
		"XDG_CONFIG_HOME=" + filepath.Join(d.home, "config"), "XDG_CACHE_HOME=" + filepath.Join(d.home, "cache"),
		"XDG_DATA_HOME=" + filepath.Join(d.home, "data"), "XDG_RUNTIME_DIR=" + d.home,
	}
	if d.display, err = openDisplay(ctx, d.home, environment, d.Width, d.Height); err != nil {
		return err
	}
	socket := filepath.Join(d.home, "probe")
	words := append([]string{d.Binary, "-probe", socket}, d.Args...)
	if theme := os.Getenv("COAPSCOPE_THEME"); theme != "" {
		words = append(words, "-theme", theme)
	}
	if !d.Beside {
		words = append(alone(ctx), words...)
	}
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Env = d.display.environment
	if d.program, err = run(command); err != nil {
		return err
	}
	if err := d.until(ctx, "the program to listen at its probe", func() bool {
		d.probe, err = net.Dial("unix", socket)
		return err == nil
	}); err != nil {
		return err
	}
	d.answers = bufio.NewReaderSize(d.probe, 1<<20)
	if err := d.until(ctx, "the window to show", func() bool {
		out, err := d.display.xdotool("search", "--onlyvisible", "--name", "^Coapscope$")
		d.window, _, _ = strings.Cut(strings.TrimSpace(out), "\n")
		return err == nil && d.window != ""
	}); err != nil {
		return err
	}
	if err := d.until(ctx, "the window to have the focus", func() bool {
		out, err := d.display.xdotool("getwindowfocus")
		return err == nil && strings.TrimSpace(out) == d.window
	}); err != nil {
		return err
	}
	return d.until(ctx, "the window to fill the screen", func() bool {
		p, err := d.look()
		return err == nil && p.Width >= float32(d.Width)-2 && len(p.Spans) > 0
	})
}

// until waits for something before there is a window to look at.
func (d *Driver) until(ctx context.Context, what string, is func() bool) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(interval)
	defer again.Stop()
	for !is() {
		select {
		case <-d.program.done:
			return fmt.Errorf("while waiting for %s: %s has ended: %v", what, filepath.Base(d.Binary), d.program.err)
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("waited %s in vain for %s", patience, what)
		case <-again.C:
		}
	}
	return nil
}

// Close ends what Start has started.
func (d *Driver) Close() {
	if d.probe != nil {
		d.probe.Close()
	}
	if d.program != nil {
		d.program.end()
	}
	if d.display != nil {
		d.display.close()
	}
	if d.home != "" {
		os.RemoveAll(d.home)
	}
}

// fail reports what went wrong, with all that there is to see of it.
func (d *Driver) fail(err error) {
	if !d.failing { // a picture that fails must not ask for another
		d.failing = true
		d.Shot(failed)
		if p, e := d.look(); e == nil {
			err = fmt.Errorf("%w\nThe window says:\n\t%s", err, strings.Join(p.Lines, "\n\t"))
		}
		d.failing = false
	}
	if said := d.program.said(); said != "" {
		err = fmt.Errorf("%w\nThe program says:\n%s", err, said)
	}
	d.Fail(err)
}

// look asks the probe.
func (d *Driver) look() (p view.Probed, err error) {
	if err = d.probe.SetDeadline(time.Now().Add(patience)); err != nil {
		return p, err
	}
	if _, err = d.probe.Write([]byte("\n")); err != nil {
		return p, err
	}
	line, err := d.answers.ReadBytes('\n')
	if err != nil {
		return p, err
	}
	err = json.Unmarshal(line, &p)
	d.frames = d.frames.Add(p.Frames)
	return p, err
}

// Frames tells how fluent the window was since it was asked last.
func (d *Driver) Frames() view.Frames {
	d.Probe()
	f := d.frames
	d.frames = view.Frames{}
	return f
}

// Probe tells what the window says now.
func (d *Driver) Probe() view.Probed {
	p, err := d.look()
	if err != nil {
		d.fail(fmt.Errorf("probe: %w", err))
	}
	return p
}

// WaitFor looks until the window is as told, and gives what it says then.
func (d *Driver) WaitFor(what string, is func(view.Probed) bool) view.Probed {
	return d.WaitLong(patience, what, is)
}

// WaitLong is WaitFor for what may take as long as told.
func (d *Driver) WaitLong(atMost time.Duration, what string, is func(view.Probed) bool) view.Probed {
	p, err := d.waitFor(what, atMost, is)
	if err != nil {
		d.fail(err)
	}
	return p
}

var errWaited = errors.New("in vain")

func (d *Driver) waitFor(what string, patience time.Duration, is func(view.Probed) bool) (view.Probed, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(interval)
	defer again.Stop()
	for {
		p, err := d.look()
		if err != nil {
			return p, fmt.Errorf("probe, while waiting for %s: %w", what, err)
		}
		if is(p) {
			return p, nil
		}
		select {
		case <-d.program.done:
			return p, fmt.Errorf("the program has ended while it was to show %s: %v", what, d.program.err)
		case <-deadline.C:
			return p, fmt.Errorf("waited %s for %s %w", patience, what, errWaited)
		case <-again.C:
		}
	}
}

// Try makes a gesture and waits until it has had its effect. A gesture without one, as happens when
// what it aims at moves away under the pointer, is made a second time.
func (d *Driver) Try(gesture func(), what string, is func(view.Probed) bool) view.Probed {
	gesture()
	p, err := d.waitFor(what, effect, is)
	if errors.Is(err, errWaited) {
		d.note("again, since nothing came of it: %s", what)
		gesture()
		return d.WaitFor(what, is)
	}
	if err != nil {
		d.fail(err)
	}
	return p
}

// Find waits for a text in a panel, in any for "", and gives its place.
func (d *Driver) Find(panel, text string) view.ProbedSpan {
	where := panel
	if where == "" {
		where = "window"
	}
	p := d.WaitFor(fmt.Sprintf("%q in the %s", text, where), func(p view.Probed) bool { return p.Says(panel, text) })
	span, _ := p.Find(panel, text)
	return span
}

// Point puts the pointer on a text.
func (d *Driver) Point(panel, text string) { d.PointAt(d.Find(panel, text)) }

// PointAt puts the pointer on a span. It comes from beside it, so that there is a movement to notice.
func (d *Driver) PointAt(s view.ProbedSpan) {
	x, y := int(s.X+s.W/2), int(s.Y+s.H/2)
	d.move(x+3, y+1)
	d.move(x, y)
}

func (d *Driver) move(x, y int) {
	d.x, d.y = x, y
	d.do("mousemove", "--window", d.window, strconv.Itoa(x), strconv.Itoa(y))
}

// Click clicks on a text.
func (d *Driver) Click(panel, text string) {
	d.note("click %s in the %s", text, panel)
	d.ClickAt(d.Find(panel, text))
}

// ClickAt clicks on a span.
func (d *Driver) ClickAt(s view.ProbedSpan) {
	d.PointAt(s)
	d.do("click", "1")
}

// Menu clicks on a span with the right button.
func (d *Driver) Menu(s view.ProbedSpan) {
	d.note("menu of %s in the %s", s.Text, s.Panel)
	d.PointAt(s)
	d.do("click", "3")
}

// Scroll turns the mouse wheel by notches over a panel: down, or up for a negative number.
func (d *Driver) Scroll(over view.ProbedSpan, notches int) {
	d.PointAt(over)
	button := "5"
	if notches < 0 {
		button, notches = "4", -notches
	}
	d.do("click", "--repeat", strconv.Itoa(notches), "--delay", "30", button)
}

// Type types a text.
func (d *Driver) Type(text string) {
	d.note("type %s", text)
	d.do("type", "--clearmodifiers", "--delay", "12", text)
}

// Key presses keys by their names in X, one after the other: "ctrl+l", "Return".
func (d *Driver) Key(names ...string) {
	d.note("press %s", strings.Join(names, ", "))
	d.do(append([]string{"key", "--clearmodifiers", "--delay", "40"}, names...)...)
}

// do has xdotool do something.
func (d *Driver) do(words ...string) {
	if out, err := d.display.xdotool(words...); err != nil {
		d.fail(fmt.Errorf("xdotool %s: %w: %s", strings.Join(words, " "), err, out))
	}
}

// Ended makes a gesture that ends the program, once more where nothing comes of it, and gives how the
// program ended.
func (d *Driver) Ended(gesture func()) error {
	for _, wait := range []time.Duration{effect, patience} {
		gesture()
		deadline := time.NewTimer(wait)
		defer deadline.Stop()
		select {
		case <-d.program.done:
			return d.program.err
		case <-deadline.C:
			d.note("the program has not ended after %s", wait)
		}
	}
	_ = d.program.command.Process.Signal(syscall.SIGQUIT) // it says then where it hangs
	select {
	case <-d.program.done:
	case <-time.After(effect):
	}
	d.fail(fmt.Errorf("waited %s for the program to end %w", patience, errWaited))
	return nil
}

// Shot saves a picture of the screen under that name, and gives its file.
func (d *Driver) Shot(name string) string {
	file := filepath.Join(d.Out, name+".png")
	<-time.After(settle) // what the model says is drawn with the next frames
	command := exec.Command("import", "-window", "root", file)
	command.Env = d.display.environment
	if out, err := command.CombinedOutput(); err != nil && !d.failing {
		d.fail(fmt.Errorf("import: %w: %s", err, out))
	}
	return file
}

func (d *Driver) note(format string, args ...any) {
	if d.Log != nil {
		fmt.Fprintf(d.Log, format+"\n", args...)
	}
}
