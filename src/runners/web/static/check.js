// Checks a file without leaving the page, so that the file need not be chosen again: the form is sent as it is, and the
// part of the answer that tells how the file is read is put in place.
(() => {
  const form = document.querySelector("form.file");
  // What was chosen for the columns of one file says nothing of another.
  form.file.addEventListener("change", () => document.getElementById("check").replaceChildren());
  form.addEventListener("submit", async (event) => {
    if (event.submitter?.value !== "check") return;
    event.preventDefault();
    const place = document.getElementById("check");
    place.setAttribute("aria-busy", "true");
    event.submitter.disabled = true;
    const body = new FormData(form);
    body.append("action", "check");
    try {
      const answer = await fetch(location.href, { method: "POST", body });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("check");
      if (!fresh) throw new Error(answer.statusText);
      place.replaceWith(document.adoptNode(fresh));
    } catch (error) {
      place.textContent = `The file could not be checked: ${error.message}`;
    } finally {
      event.submitter.disabled = false;
    }
  });
})();
