// Shows the present state of a page that says `data-live`: fetches it again and puts its main part in place. It waits
// while the page is hidden, and while a confirmation is open or a control has the focus.
(() => {
  const live = () => document.getElementById("live");
  const busy = () =>
    document.hidden || live().querySelector("details[open]") || live().contains(document.activeElement);

  async function refresh() {
    if (!busy()) {
      try {
        const answer = await fetch(location.href, { redirect: "error" });
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
          if (fresh && !busy()) live().replaceWith(document.adoptNode(fresh));
        }
      } catch {
        // The daemon may be restarting; the next look finds it.
      }
    }
    wait();
  }

  function wait() {
    const pause = Number(live()?.dataset.live);
    if (pause) setTimeout(refresh, pause);
  }

  wait();
})();
