// Shows the present state of a page that says `data-live`: fetches it again and puts its main part in place. It waits
// while the page is hidden, and while a confirmation is open or a control has the focus.
(() => {
  const live = () => document.getElementById("live");
  const busy = () =>
    document.hidden || live().querySelector("details[open]") || live().contains(document.activeElement);

  let asOf = new Date();

  async function refresh() {
    if (!busy()) {
      const fresh = await latest();
      if (!fresh) tellStale();
      else if (!busy()) {
        live().replaceWith(document.adoptNode(fresh));
        asOf = new Date();
      }
    }
    wait();
  }

  // The main part as it is now; null where nobody answers, as while the daemon restarts, or where it is another page.
  async function latest() {
    try {
      const answer = await fetch(location.href, { redirect: "error", signal: AbortSignal.timeout(20000) });
      return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live") : null;
    } catch {
      return null;
    }
  }

  // What stands here is true no more; the next look that succeeds takes the note away with the rest.
  function tellStale() {
    if (document.getElementById("stale")) return;
    const note = document.createElement("p");
    note.id = "stale";
    note.className = "notice bad";
    note.setAttribute("role", "status");
    note.textContent = `As of ${asOf.toISOString().slice(11, 19)}: the daemon does not answer, or wants you to sign in again. This page goes on asking.`;
    live().prepend(note);
  }

  function wait() {
    const pause = Number(live()?.dataset.live);
    if (pause) setTimeout(refresh, pause);
  }

  wait();
})();
