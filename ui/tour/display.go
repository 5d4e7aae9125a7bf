package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// needs are the programs without which there is no user to play.
var needs = []string{"Xvfb", "openbox", "xdotool", "import"}

// missing gives those of them that are not installed.
func missing() (names []string) {
	for _, name := range needs {
		if _, err := exec.LookPath(name); err != nil {
			names = append(names, name)
		}
	}
	return names
}

// windows is how the window manager treats the window: it fills the screen and bears no frame.
const windows = `<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <desktops><number>1</number></desktops>
  <keyboard>
    <keybind key="A-F4"><action name="Close"/></keybind>
  </keyboard>
  <mouse>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
  </mouse>
  <applications>
    <application type="normal"><decor>no</decor><maximized>yes</maximized><focus>yes</focus></application>
  </applications>
</openbox_config>
`

// display is a virtual screen with a window manager.
type display struct {
	environment []string // of programs that show something there
	server      *process
	manager     *process
}

// openDisplay starts a virtual screen of that size, on a display number that is free.
func openDisplay(ctx context.Context, home string, environment []string, width, height int) (*display, error) {
	d := new(display)
	if err := d.open(ctx, home, environment, width, height); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *display) open(ctx context.Context, home string, environment []string, width, height int) error {
	numbers, number, err := os.Pipe()
	if err != nil {
		return err
	}
	defer numbers.Close()
	// The server takes a free number itself, and writes it when it is ready.
	server := exec.CommandContext(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp", "-noreset")
	server.Env = environment
	server.ExtraFiles = []*os.File{number}
	d.server, err = run(server)
	number.Close()
	if err != nil {
		return err
	}
	if err := numbers.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	line, err := bufio.NewReader(numbers).ReadString('\n')
	if err != nil {
		return fmt.Errorf("the virtual screen does not start: %w\n%s", err, d.server.said())
	}
	d.environment = append(environment, "DISPLAY=:"+strings.TrimSpace(line))

	rules := filepath.Join(home, "openbox.xml")
	if err := os.WriteFile(rules, []byte(windows), 0o644); err != nil {
		return err
	}
	manager := exec.CommandContext(ctx, "openbox", "--sm-disable", "--config-file", rules)
	manager.Env = d.environment
	if d.manager, err = run(manager); err != nil {
		return err
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(interval)
	defer again.Stop()
	for {
		if _, err := d.xdotool("get_num_desktops"); err == nil { // which a window manager says
			return nil
		}
		select {
		case <-d.manager.done:
			return fmt.Errorf("the window manager has ended: %v\n%s", d.manager.err, d.manager.said())
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("waited %s for the window manager in vain\n%s", patience, d.manager.said())
		case <-again.C:
		}
	}
}

func (d *display) close() {
	if d.manager != nil {
		d.manager.end()
	}
	if d.server != nil {
		d.server.end()
	}
}

func (d *display) xdotool(words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, "xdotool", words...)
	command.Env = d.environment
	out, err := command.CombinedOutput()
	return string(out), err
}

// alone gives the words before a command that give it a network of its own with nothing but loopback:
// other programs on this machine that answer All CoAP Nodes would be discovered too. Where the system
// does not allow it, there are none, and the command shares loopback with all others.
func alone(ctx context.Context) []string {
	const up = `ip link set lo up && exec "$@"`
	for _, words := range [][]string{
		{"unshare", "--net", "sh", "-c", up, "sh"}, // root may, unless a container keeps it from that
		{"unshare", "--map-root-user", "--net", "sh", "-c", up, "sh"},
	} {
		if exec.CommandContext(ctx, words[0], append(words[1:len(words):len(words)], "true")...).Run() == nil {
			return words
		}
	}
	return nil
}
